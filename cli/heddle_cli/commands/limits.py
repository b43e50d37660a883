"""Limits of tenants on the local stage: shown and changed while it runs."""

import json as jsonlib
from typing import Annotated, Any

import typer

from heddle_cli import live_limits
from heddle_cli.console import Json, out, print_json
from heddle_cli.tables import print_table

Tenant = Annotated[str | None, typer.Option("--tenant", "-t", help="Of this tenant; of all others without it.")]

group = typer.Typer(
    help="What tenants may do at a time and per second (for the operator of the local stage).",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


def register(app: typer.Typer) -> None:
    """Add these commands below `limits`."""
    group.command()(show)
    group.command("set")(set_)
    app.add_typer(group, name="limits")


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
