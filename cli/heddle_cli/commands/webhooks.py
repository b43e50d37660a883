"""Webhooks that the platform sends: the secret they are signed with, and trying a receiver out."""

import json as jsonlib
from typing import Annotated

import typer

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, out, print_json
from heddle_cli.names import COMMAND

group = typer.Typer(
    help="What the platform tells your servers, and how they check it.", no_args_is_help=True, rich_markup_mode="rich"
)


def register(app: typer.Typer) -> None:
    """Add these commands below `webhooks`."""
    for command in (secret, rotate_secret, test):
        group.command(command.__name__.replace("_", "-"))(command)
    app.add_typer(group, name="webhooks")


def secret(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show the secret that webhooks to this tenant are signed with."""
    with connect(stage, key) as client:
        found = client.webhooks.secret()
    if json:
        print_json(dict(found.raw))
    else:
        out.print(found.secret, markup=False, soft_wrap=True)


def rotate_secret(
    overlap: Annotated[int, typer.Option(help="For how many hours the one before it signs too.")] = 24,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Make a new secret; for a while webhooks are signed with the one before it as well."""
    with connect(stage, key) as client:
        made = client.webhooks.rotate_secret(overlap_hours=overlap)
    if json:
        print_json(dict(made.raw))
        return
    out.print(made.secret, markup=False, soft_wrap=True)
    if made.previous_until:
        out.print(f"the one before it signs until {made.previous_until}", markup=False)


def test(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send it.")],
    data: Annotated[str, typer.Option(help="What it holds, as JSON.")] = "{}",
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Send a webhook of type webhook.test, to see whether a receiver takes it."""
    try:
        content = jsonlib.loads(data)
    except ValueError as error:
        raise typer.BadParameter(f"this is no JSON: {error}", param_hint="--data") from error
    if not isinstance(content, dict):
        raise typer.BadParameter("must be an object", param_hint="--data")
    with connect(stage, key) as client:
        webhook_id = client.webhooks.test(url, content)
    if json:
        print_json({"webhook_id": webhook_id})
        return
    out.print(f"sent {webhook_id}", markup=False)
    out.print(f"if nobody takes it within three days: {COMMAND} dead-letters list", markup=False)
