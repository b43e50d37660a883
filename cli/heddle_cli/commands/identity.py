"""Who you are: tokens for other tools."""

import typer

from heddle_cli.connect import Key, Stage, connect, local_stage
from heddle_cli.console import Json, print_json
from heddle_cli.tables import print_facts
from heddle_sdk import Client


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(token)
    app.command()(me)


def token(json: Json = False) -> None:
    """Print an access token of the local stage's demo user, for curl and Swagger UI."""
    stage = local_stage()
    with Client(stage.api_url, user=stage.user, password=stage.password) as client:
        value = client.token()
    print_json({"token": value, "api_url": stage.api_url}) if json else print(value)


def me(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Say whom the stage takes you for."""
    with connect(stage, key) as client:
        who = client.me()
    rows = [
        ("tenant", who.tenant),
        ("principal", who.principal),
        ("roles", ", ".join(who.roles)),
        ("scopes", ", ".join(who.scopes)),
    ]
    print_json(dict(who.raw)) if json else print_facts(rows)
