"""Rules for what clients send: list, save, try, delete, presets."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Exit, Json, out, print_json
from heddle_cli.inputs import parse_inputs
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table
from heddle_sdk.people import Rule

Name = Annotated[str, typer.Argument(metavar="RULE", help="A rule's name.")]

group = typer.Typer(help="Rules for what clients send.", no_args_is_help=True, rich_markup_mode="rich")


def register(app: typer.Typer) -> None:
    """Add these commands below `rules`."""
    for command in (list_, save, show, test, presets, install, delete):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="rules")


def list_(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List rules in the order in which they judge, with what they did."""
    with connect(stage, key) as client:
        found = client.rules.list()
    if json:
        print_json([dict(rule.raw) for rule in found])
    elif found:
        _table(found)
    else:
        out.print(f"no rules yet; begin with one of: [bold]{COMMAND} rules presets[/]")


def save(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A rule, YAML or JSON.")],
    name: Annotated[str | None, typer.Option(help="The rule's name; without it the one in the document.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Save a rule, new or instead of the one of its name."""
    with connect(stage, key) as client:
        _saved(client.rules.save(file, name=name), json)


def show(rule: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show a rule and what it did."""
    with connect(stage, key) as client:
        found = client.rules.get(rule)
    if json:
        print_json(dict(found.raw))
        return
    _table([found])
    for field in ("match", "condition", "transform", "rate_limit", "override_priority", "disabled_because"):
        if value := found.raw.get(field):
            out.print(f"[dim]{field}[/] {escape(str(value))}", soft_wrap=True)


def test(
    message: Annotated[list[str], typer.Argument(help="key=value, @file.json or a JSON object: topic, payload, …")],
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Say what the rules would make of a message: `heddle rules test topic=orders.eu payload='{"n": 1}'`."""
    with connect(stage, key) as client:
        found = client.rules.test(parse_inputs(message, {"properties": {}}, _no_upload))
    if json:
        print_json(found)
        return
    verdict = "[green]allowed[/]" if found["allowed"] else f"[red]denied[/] by {found['denied_by']}"
    out.print(f"{verdict}; matched: {', '.join(found['matched']) or 'no rule'}")
    out.print(escape(f"{found['message']['topic']} ← {found['message']['payload']}"), soft_wrap=True)
    for failure in found["failures"]:
        out.print(f"[red]{failure['rule']}[/] {failure['code']}: {escape(failure['reason'])}", soft_wrap=True)
    if not found["allowed"]:
        raise typer.Exit(Exit.FAILED)


def presets(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List rules to begin with."""
    with connect(stage, key) as client:
        found = client.rules.presets()
    if json:
        print_json([dict(rule.raw) for rule in found])
    else:
        print_table(("preset", "priority", "description"), [(r.name, r.priority, r.description) for r in found])


def install(
    preset: Annotated[str, typer.Argument(help="A preset's name.")],
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Save a preset as a rule."""
    with connect(stage, key) as client:
        _saved(client.rules.install(preset), json)


def delete(rule: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a rule."""
    with connect(stage, key) as client:
        client.rules.delete(rule)
    print_json({"deleted": rule}) if json else out.print(f"{escape(rule)} is deleted")


def _saved(rule: Rule, json: bool) -> None:
    if json:
        print_json(dict(rule.raw))
    else:
        out.print(f"{rule.name} is saved; it is believed everywhere in five seconds")


def _table(rules: list[Rule]) -> None:
    rows = [
        (
            rule.name,
            rule.priority,
            rule.action if rule.enabled else "off",
            rule.counts.get("matched", 0),
            rule.counts.get("denied", 0),
            rule.counts.get("failed", 0),
            rule.description,
        )
        for rule in rules
    ]
    print_table(
        ("name", "priority", "action", "matched", "denied", "failed", "description"), rows, wrap=("description",)
    )


def _no_upload(path: Any) -> dict[str, Any]:
    raise ValueError(f"{path} is no text that a message could take")
