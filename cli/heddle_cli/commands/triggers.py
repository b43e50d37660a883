"""Triggers: what starts runs; and events of one's own."""

import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, ago, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table
from heddle_sdk.triggers import Trigger

Id = Annotated[str, typer.Argument(metavar="TRIGGER", help="A trigger's id.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A trigger, or the fields to change, as YAML or JSON.")]
Payload = Annotated[str, typer.Option("--payload", "-p", help="What the firing brings, as JSON.")]
Preset = Annotated[str | None, typer.Option(help="Which preset of input values is taken.")]

group = typer.Typer(
    help="What starts runs: webhooks, timers, events, other runs.", no_args_is_help=True, rich_markup_mode="rich"
)
events = typer.Typer(help="Events of your own, for triggers to match.", no_args_is_help=True, rich_markup_mode="rich")


def register(app: typer.Typer) -> None:
    """Add these commands below `trigger` and `events`."""
    for command in (list_, create, show, update, delete, enable, disable, fire, test, history, rotate_secret):
        group.command(command.__name__.rstrip("_").replace("_", "-"))(command)
    events.command("put")(put_events)
    app.add_typer(group, name="trigger")
    app.add_typer(events, name="events")


def list_(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List triggers, newest first."""
    with connect(stage, key) as client:
        found = list(client.triggers.list())
    if json:
        print_json([dict(each.raw) for each in found])
    elif found:
        rows = [(t.id, t.name, t.kind, t.workflow_id, "yes" if t.enabled else "no", _when(t)) for t in found]
        print_table(("id", "name", "kind", "workflow", "enabled", "when"), rows, wrap=("when",))
    else:
        out.print(f"no triggers yet; make one with: [bold]{COMMAND} trigger create FILE[/]")


def create(file: File, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Make a trigger of a document {name, kind, workflow_id, config, input, presets, …}."""
    with connect(stage, key) as client:
        made = client.triggers.create(_document(file))
        base = client.base_url
    if json:
        print_json(dict(made.raw))
        return
    out.print(f"made {made.name}: {made.id}", markup=False)
    if made.hook_path:
        out.print(f"address: {base}{made.hook_path}", markup=False, soft_wrap=True)
    if made.secret:
        out.print(f"secret, shown this once: {made.secret}", markup=False, soft_wrap=True)
    if made.next_firings:
        out.print(f"fires next at {made.next_firings[0]}", markup=False)
    out.print(f"next: {COMMAND} trigger test {made.id}  ·  {COMMAND} trigger history {made.id}", markup=False)


def show(trigger: Id, stage: Stage = None, key: Key = None, json: Json = True) -> None:
    """Show a trigger as JSON."""
    with connect(stage, key) as client:
        print_json(dict(client.triggers.get(trigger).raw))


def update(trigger: Id, file: File, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Change the fields that the document has."""
    with connect(stage, key) as client:
        changed = client.triggers.change(trigger, _document(file))
    _say(f"changed {changed.name}, revision {changed.revision}", dict(changed.raw), json)


def delete(trigger: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a trigger."""
    with connect(stage, key) as client:
        client.triggers.delete(trigger)
    _say(f"deleted {trigger}", {"id": trigger, "deleted": True}, json)


def enable(trigger: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Let a trigger fire."""
    with connect(stage, key) as client:
        found = client.triggers.enable(trigger)
    _say(f"{found.name} is enabled", dict(found.raw), json)


def disable(trigger: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Keep a trigger from firing."""
    with connect(stage, key) as client:
        found = client.triggers.enable(trigger, False)
    _say(f"{found.name} is disabled", dict(found.raw), json)


def fire(
    trigger: Id,
    payload: Payload = "{}",
    preset: Preset = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Fire a trigger now: a real run."""
    with connect(stage, key) as client:
        run_id = client.triggers.fire(trigger, _json(payload), preset=preset)
    _say(f"started {run_id}; next: {COMMAND} tail {run_id}", {"run_id": run_id}, json)


def test(
    trigger: Id,
    payload: Payload = "{}",
    preset: Preset = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = True,
) -> None:
    """Show what a firing would give its run, and start none."""
    with connect(stage, key) as client:
        print_json(client.triggers.test(trigger, _json(payload), preset=preset))


def history(trigger: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List what a trigger did, newest first."""
    with connect(stage, key) as client:
        found = [firing for firing, _ in zip(client.triggers.history(trigger), range(100), strict=False)]
    if json:
        print_json([dict(each.raw) for each in found])
    elif found:
        rows = [(ago(f.at), f.outcome, f.run_id or "", f.source, f.reason or f.code or "") for f in found]
        print_table(("when", "outcome", "run", "from", "reason"), rows, wrap=("reason",))
    else:
        out.print("it has not fired in the last thirty days")


def rotate_secret(
    trigger: Id,
    overlap: Annotated[int, typer.Option(help="For how many hours the secret before works on.")] = 24,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Make a new secret for a webhook."""
    with connect(stage, key) as client:
        secret = client.triggers.rotate_secret(trigger, overlap_hours=overlap)
    words = f"secret, shown this once: {secret}\nthe one before works for {overlap} hours more"
    _say(words, {"secret": secret, "overlap_hours": overlap}, json)


def put_events(
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="What happened, such as OrderPaid.")],
    data: Annotated[str, typer.Option("--data", "-d", help="Its data, as a JSON object.")] = "{}",
    source: Annotated[str, typer.Option(help="Where it comes from.")] = "custom",
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Put an event on the bus."""
    with connect(stage, key) as client:
        (event_id,) = client.triggers.put_events([{"type": kind, "source": source, "data": _json(data)}])
    _say(f"put {event_id}" if event_id else "the bus refused it: try again", {"id": event_id}, json)


def _say(words: str, value: dict[str, Any], json: bool) -> None:
    """Print words, or the value for a program."""
    if json:
        print_json(value)
    else:
        out.print(words, markup=False, soft_wrap=True)


def _when(trigger: Trigger) -> str:
    if trigger.kind == "timer":
        return str(trigger.config.get("schedule", ""))
    if trigger.kind == "run":
        return f"{trigger.config.get('workflow_id')} {', '.join(trigger.config.get('statuses', []))}"
    return trigger.hook_path or ""


def _document(file: Path) -> dict[str, Any]:
    value = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{file} holds no trigger: an object with name, kind and workflow_id is expected")
    return value


def _json(text: str) -> Any:
    try:
        return jsonlib.loads(text)
    except ValueError as error:
        raise ValueError(f"{text[:60]!r} is not JSON: {error}") from None
