"""What the command prints, for people and (with --json) for programs, and its exit codes."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from heddle_sdk.errors import ApiError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs instead of text for people.")]

COLOURS = {
    "succeeded": "green",
    "completed": "green",
    "failed": "red",
    "cancelled": "yellow",
    "cancelling": "yellow",
    "running": "cyan",
    "waiting": "magenta",
    "queued": "blue",
    "skipped": "dim",
    # batches
    "partially_completed": "yellow",
    "paused": "magenta",
    "stopping": "yellow",
    # budgets
    "healthy": "green",
    "warning": "yellow",
    "critical": "dark_orange",
    "exceeded": "red",
    "depleted": "red",
}


class Exit(IntEnum):
    """What a program can tell from the exit code."""

    OK = 0
    FAILED = 1
    """The run failed, or the thing asked for is not so."""
    USAGE = 2
    """The command line is wrong."""
    STAGE = 3
    """The stage is not running, cannot be reached, or could not be brought up."""
    REFUSED = 4
    """The API refused: not found, not allowed, invalid…"""
    TIMEOUT = 5
    """It was not done in the time given; it goes on."""
    INTERRUPTED = 130


def fail(
    message: str, *, code: int, log: Path | None = None, hint: str | None = None, api: ApiError | None = None
) -> NoReturn:
    """Say what went wrong, the end of the log that shows why, and the next command; then end."""
    err.print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    if api is not None:
        for problem in api.problems[:20]:
            where = problem.get("path") or problem.get("field") or ""
            text = problem.get("message", "")
            err.print(
                f"  [yellow]{escape(str(problem.get('code') or where))}[/] {escape(str(text))} "
                f"[dim]{escape(str(where))}[/]"
            )
        facts = [f"code {api.code}", f"status {api.status}"]
        facts += [f"correlation id {api.correlation_id}"] if api.correlation_id else []
        err.print(f"  [dim]{', '.join(facts)}[/]", soft_wrap=True)
    if log is not None and log.exists():
        lines = log.read_text(errors="replace").splitlines()[-25:]
        err.print(f"[dim]── the end of {escape(str(log))}[/]", soft_wrap=True)
        for line in lines:
            err.print(f"  {escape(line)}", soft_wrap=True, style="dim")
    if hint:
        err.print(f"next: [bold]{escape(hint)}[/]", soft_wrap=True)
    sys.exit(code)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def coloured(status: str) -> str:
    """Return the word in its colour; other texts as they are."""
    colour = COLOURS.get(status)
    return f"[{colour}]{status}[/]" if colour else escape(status)


def duration(milliseconds: float | None) -> str:
    """Return a time that people can read."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def cost(usd: Any) -> str:
    """Return an amount in dollars as people read it: cents from one dollar on, below that what is not zero."""
    try:
        amount = Decimal(str(usd or 0))
    except InvalidOperation:
        return str(usd)
    if amount == 0:
        return "$0"
    if abs(amount) < Decimal("0.000001"):
        return "<$0.000001"
    text = f"{amount:.2f}" if abs(amount) >= 1 else f"{amount:.6f}".rstrip("0")
    return "$" + text.removesuffix(".00").rstrip(".")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 call, 2 calls."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def ago(timestamp: str | None) -> str:
    """How long ago an ISO time was."""
    if not timestamp:
        return ""
    then = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    seconds = max(0.0, (datetime.now(then.tzinfo) - then).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def swagger(api_url: str) -> str:
    """Where the API can be tried in a browser."""
    return f"{api_url}/swagger-ui"


def one_line(value: Any, width: int = 100) -> str:
    """Return the value as JSON or text on one line, cut to the width."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def is_mapping(value: Any) -> bool:
    """Whether it is an object of JSON."""
    return isinstance(value, Mapping)
