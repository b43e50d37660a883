"""What the functions of the local stage logged."""

import json as json_module
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.console import Exit, Json, fail, out
from heddle_cli.names import COMMAND
from heddle_cli.stage import aws, lifecycle
from heddle_cli.stage.home import Home

LEVELS = {"ERROR": "red", "CRITICAL": "red", "WARNING": "yellow", "INFO": "cyan", "DEBUG": "dim"}
BOOKKEEPING = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
POLL_SECONDS = 0.5
FULL = 10_000
"""So many events an answer holds at most. The emulator gives the oldest ones, and no token to go on with."""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(logs)


def logs(
    function: Annotated[
        str | None, typer.Argument(metavar="FUNCTION", help="Part of a function's name; all without it.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    run: Annotated[str | None, typer.Option(help="Only lines of this run.")] = None,
    correlation_id: Annotated[str | None, typer.Option(help="Only lines with this correlation id.")] = None,
    minutes: Annotated[float, typer.Option(help="How far back.")] = 60,
    limit: Annotated[int, typer.Option(help="At most so many of the newest lines.")] = 200,
    json: Json = False,
) -> None:
    """Show what functions logged, oldest first, side by side in time."""
    facts = lifecycle.facts(Home.find())
    if facts["state"] != "ready":
        fail("the local stage is not running", code=Exit.STAGE, hint=f"{COMMAND} up")
    port = facts["ports"]["emulator"]
    client = Groups(aws.client("logs", port), _names(aws.client("lambda", port)))
    wanted = [text for text in (run, correlation_id) if text]
    since = int((time.time() - minutes * 60) * 1000)
    shown = sorted(_lines(client, function, since, wanted), key=lambda line: line["timestamp"])
    for line in shown[-limit:]:
        _print(line, json)
    seen = {_key(line) for line in shown}
    while follow:
        time.sleep(POLL_SECONDS)
        new = [line for line in _lines(client, function, since, wanted) if _key(line) not in seen]
        for line in sorted(new, key=lambda line: line["timestamp"]):
            seen.add(_key(line))
            _print(line, json)


@dataclass(frozen=True, slots=True)
class Groups:
    """The log groups, and what the functions that write to them are called."""

    client: Any
    names: dict[str, str]


def _names(lambdas: Any) -> dict[str, str]:
    """Return the service name of each log group's function: the group's own is made by CloudFormation."""
    names = {}
    for page in lambdas.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            group = function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function['FunctionName']}"
            names[group] = variables.get("POWERTOOLS_SERVICE_NAME") or function["FunctionName"]
    return names


def _key(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["group"], line["timestamp"], line["message"]


def _lines(groups: Groups, function: str | None, since: int, wanted: list[str]) -> Iterator[dict[str, Any]]:
    for group, name in groups.names.items():
        if function and function.lower() not in f"{group} {name}".lower():
            continue
        try:
            for event in _events(groups.client, group, since):
                text = event["message"].rstrip()
                if not text.startswith(BOOKKEEPING) and all(part in text for part in wanted):
                    yield event | {"group": name}
        except groups.client.exceptions.ResourceNotFoundException:
            continue


def _events(client: Any, group: str, since: int) -> Iterator[dict[str, Any]]:
    """Give all events of a group from that time on, however many: behind a full answer it asks for what is later."""
    seen: set[tuple[Any, ...]] = set()
    while True:
        count, latest = 0, since
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
            for event in page["events"]:
                count, latest = count + 1, max(latest, event["timestamp"])
                key = (event["logStreamName"], event["timestamp"], event["message"])
                if key not in seen:
                    seen.add(key)
                    yield event
        if count < FULL or latest == since:
            return
        since = latest


def _print(line: dict[str, Any], as_json: bool) -> None:
    for text in line["message"].splitlines():
        try:
            fields = json_module.loads(text)
        except ValueError:
            fields = {"message": text}
        if not isinstance(fields, dict):
            fields = {"message": text}
        if as_json:
            print(json_module.dumps({"function": line["group"], "timestamp": line["timestamp"], **fields}, default=str))
            continue
        at = datetime.fromtimestamp(line["timestamp"] / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        level = str(fields.get("level", ""))
        colour = LEVELS.get(level, "dim")
        rest = {
            k: v
            for k, v in fields.items()
            if k in ("run_id", "node_id", "attempt", "tenant", "code", "exception", "correlation_id")
        }
        facts = " ".join(f"{k}={v}" for k, v in rest.items() if v)
        message = escape(str(fields.get("message", text)))
        out.print(
            f"[dim]{at}[/] {escape(line['group'])} [{colour}]{level}[/] {message} [dim]{escape(facts)}[/]",
            soft_wrap=True,
        )
