"""Limits: of one's own tenant on any stage, and of all tenants on the local stage, changed while it runs."""

import json as jsonlib
from typing import Annotated, Any

import typer

from heddle_cli import live_limits
from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, out, print_json
from heddle_cli.tables import print_table

Tenant = Annotated[str | None, typer.Option("--tenant", "-t", help="Of this tenant; of all others without it.")]

group = typer.Typer(
    help="What your tenant may do at a time and per second; `show` and `set` are for the operator of the local stage.",
    invoke_without_command=True,
    rich_markup_mode="rich",
)


def register(app: typer.Typer) -> None:
    """Add these commands below `limits`."""
    group.callback()(own)
    group.command()(show)
    group.command("set")(set_)
    app.add_typer(group, name="limits")


def own(context: typer.Context, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show what your tenant may do at a time and per second, and how much of it is in use."""
    if context.invoked_subcommand is not None:
        return
    with connect(stage, key) as client:
        found = client.limits()
    if json:
        print_json(dict(found.raw))
        return
    rows = [(name, f"{value:g}", str(found.in_use.get(name, ""))) for name, value in found.limits.items()]
    print_table(("limit", "value", "in use"), rows)


def show(json: Json = False) -> None:
    """Show the limits of all tenants."""
    _print(live_limits.read(), json)


def set_(
    values: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE…", help="Such as concurrent_runs=100; NAME= unsets.")
    ],
    tenant: Tenant = None,
    json: Json = False,
) -> None:
    """Change limits; functions know within half a minute."""
    _print(live_limits.change(tenant, dict(_pair(value) for value in values)), json)


def _pair(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
    if not value:
        return name, None
    try:
        return name, jsonlib.loads(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is no number") from None


def _print(document: dict[str, Any], json: bool) -> None:
    if json:
        print_json(document)
        return
    all_ = {"(default)": document.get("default", {}), **document.get("tenants", {})}
    rows = [(tenant, name, str(value)) for tenant, limits in all_.items() for name, value in limits.items()]
    if rows:
        print_table(("tenant", "limit", "value"), rows)
    else:
        out.print("no limits but the built-in ones")
