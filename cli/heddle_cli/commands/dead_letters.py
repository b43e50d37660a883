"""Dead letters: what was given up, why, and trying it again."""

from typing import Annotated

import typer

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, ago, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table
from heddle_sdk.dead_letters import DeadLetter

Id = Annotated[str, typer.Argument(metavar="LETTER", help="A dead letter's id.")]

group = typer.Typer(
    help="Runs, timers and webhooks that were given up, and why.", no_args_is_help=True, rich_markup_mode="rich"
)


def register(app: typer.Typer) -> None:
    """Add these commands below `dead-letters`."""
    for command in (list_, show, redrive, delete):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="dead-letters")


def list_(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List dead letters, newest first."""
    with connect(stage, key) as client:
        found = list(client.dead_letters.list())
    if json:
        print_json([dict(each.raw) for each in found])
    elif found:
        rows = [(each.id, ago(each.at), _subject(each), each.code, each.reason) for each in found]
        print_table(("id", "given up", "about", "code", "reason"), rows, wrap=("reason",))
        out.print(f"next: {COMMAND} dead-letters redrive LETTER, or --all", markup=False)
    else:
        out.print("no dead letters")


def show(letter: Id, stage: Stage = None, key: Key = None, json: Json = True) -> None:
    """Show a dead letter as JSON, with its message."""
    with connect(stage, key) as client:
        print_json(dict(client.dead_letters.get(letter).raw))


def redrive(
    letter: Annotated[str | None, typer.Argument(metavar="LETTER", help="A dead letter's id.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Send a dead letter to its queue again, or all of them."""
    if (letter is None) != all_:
        raise typer.BadParameter("name a dead letter, or give --all")
    with connect(stage, key) as client:
        if letter is None:
            count, subject = client.dead_letters.redrive_all(), ""
        else:
            sent = client.dead_letters.redrive(letter)
            count, subject = 1, f": {sent.kind} {_subject(sent)}"
    if json:
        print_json({"redriven": count})
    else:
        out.print(f"{count} {'message' if count == 1 else 'messages'} sent again{subject}", markup=False)


def delete(letter: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a dead letter; a run that it is about stays as it is."""
    with connect(stage, key) as client:
        client.dead_letters.delete(letter)
    if json:
        print_json({"id": letter, "deleted": True})
    else:
        out.print(f"deleted {letter}", markup=False)


def _subject(letter: DeadLetter) -> str:
    return letter.run_id or letter.trigger_id or letter.webhook_id or ""
