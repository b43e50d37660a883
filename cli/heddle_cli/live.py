"""Watching a run in the terminal: a line per node that changes in place, or plain lines without a screen."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from heddle_cli.console import COLOURS, duration, err
from heddle_cli.following import Following
from heddle_cli.progress import NodeView, Progress, milliseconds
from heddle_cli.tokens import panel, print_lines
from heddle_sdk import Client
from heddle_sdk.runs import Run

MARKS = {
    "pending": ("·", "dim"),
    "succeeded": ("✔", "green"),
    "failed": ("✘", "red"),
    "handled": ("!", "yellow"),
    "skipped": ("↷", "dim"),
    "waiting": ("…", "magenta"),
    "cancelled": ("■", "yellow"),
}


def watch(client: Client, run: Run, *, quiet: bool = False, texts: bool = True) -> Run:
    """Show the run until it has ended; return it as it is then. Ctrl-C stops the watching, not the run.

    Of a live run the text of its models is shown too: its newest end on a screen; without one each as a whole, if
    `texts` are wanted.
    """
    progress = Progress.of(_document(client, run))
    if quiet:
        progress.take(run.events(follow=True))
    elif err.is_terminal:
        with Live(console=err, refresh_per_second=12, transient=False) as screen:
            began, following = time.monotonic(), Following(client, run)
            screen.update(_Screen(progress, began, following))
            progress.take(following.events())
            screen.update(_Screen(progress, began, final=True))
    else:
        for event in Following(client, run, print_lines if texts else None).events():
            node = progress.apply(event)
            if node is not None and event.type not in ("NodeItemsPlanned", "NodeItemsCompleted"):
                err.print(_line(node), soft_wrap=True)
    return _settled(run, progress)


def _settled(run: Run, progress: Progress) -> Run:
    """Return the run after its last event."""
    return run.wait(30) if progress.ended else run.reload()


def _document(client: Client, run: Run) -> dict[str, Any]:
    version = run.workflow_version or None
    with contextlib.suppress(Exception):
        return dict(client.workflows.get(run.workflow_id, version).document)
    return {}


class _Screen:
    """Renders the progress anew at every refresh, so that times and spinners move between events."""

    def __init__(
        self, progress: Progress, began: float, following: Following | None = None, *, final: bool = False
    ) -> None:
        self._progress, self._began, self._following, self._final = progress, began, following, final
        self._spinner = Spinner("dots", style="cyan")

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        grid = Table.grid(padding=(0, 2))
        for node in list(self._progress.nodes.values()):
            grid.add_row(self._mark(node), Text(node.id), Text(node.type, style="dim"), *_facts(node))
        lines: list[Any] = [grid]
        if not self._final:
            state, mode = self._progress.status, self._progress.mode
            lines.append(
                Text(f"{state}{f' · {mode}' if mode else ''} · {time.monotonic() - self._began:.1f} s", style="dim")
            )
        if self._following is not None and (text := panel(self._following.live, options.max_width)) is not None:
            lines.append(text)
        yield Group(*lines)

    def _mark(self, node: NodeView) -> Any:
        if node.status == "running":
            return Text("▸", style="cyan") if self._final else self._spinner
        mark, style = MARKS.get(node.status, ("?", ""))
        return Text(mark, style=style)


def _facts(node: NodeView) -> tuple[Text, Text, Text]:
    took = took_of(node)
    items = f"{node.items_done}/{node.items}" if node.items is not None else ""
    style = COLOURS.get(node.status, "yellow" if node.status == "handled" else "dim")
    note = node.note or ("" if node.status in ("succeeded", "running") else node.status)
    return Text(duration(took), justify="right"), Text(items, style="dim"), Text(note, style=style, overflow="ellipsis")


def took_of(node: NodeView) -> float | None:
    """Return how long the node took; one with items from when it was scheduled, for they ran side by side."""
    if node.duration_ms is not None and node.items is None:
        return node.duration_ms
    return milliseconds(node.started, node.ended)


def _line(node: NodeView) -> str:
    mark, style = MARKS.get(node.status, ("▸", "cyan"))
    took = duration(took_of(node))
    return f"[{style}]{mark}[/] {node.id} {node.status} {took} [dim]{escape(node.note)}[/]".rstrip()
