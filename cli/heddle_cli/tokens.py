"""The text of models on the command line: beside the progress of a run, as plain lines, or for programs."""

import json
import re
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from heddle_cli.console import err
from heddle_sdk.live import LiveText, NodeText
from heddle_sdk.models import Frame
from heddle_sdk.runs import Run

PANEL_LINES = 8
LAST_FRAMES_SECONDS = 5.0
"""How long the end of a run's text is waited for after the run itself has ended."""

# What could move the cursor, change colours or set the title of the reader's terminal: a model may write anything.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Feed:
    """Reads the live output of a run beside whatever else is done; without any, it ends by itself.

    What is shown here is said in the result too: a feed that breaks is no reason to stop watching.
    """

    def __init__(self, run: Run, on_text: Callable[[NodeText], None] | None = None) -> None:
        self.live = LiveText()
        self._run, self._on_text = run, on_text
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self) -> "Feed":
        """Begin to read."""
        self._thread.start()
        return self

    def finish(self) -> None:
        """Wait for the last frames, for some seconds."""
        self._thread.join(LAST_FRAMES_SECONDS)

    def _read(self) -> None:
        try:
            for frame in self._run.stream():
                text = self.live.apply(frame)
                if text is not None and self._on_text is not None and text.status == "done":
                    self._on_text(text)
        # Also what a client says that was closed meanwhile, because nobody watches any more.
        except Exception:
            self.live.newest = None


def panel(live: LiveText, width: int) -> Panel | None:
    """Return the end of the text that changed last, in a frame; None while there is none."""
    text = live.newest
    if text is None or not text.parts:
        return None
    inner = max(20, width - 4)
    # The end of the text is all that can be shown: the rest needs no wrapping.
    lines: list[str] = []
    for line in printable(text.text[-inner * PANEL_LINES :]).splitlines():
        lines += textwrap.wrap(line, inner, replace_whitespace=False, drop_whitespace=False) or [""]
    others = sum(1 for other in live.texts.values() if other is not text and other.status == "writing")
    beside = f"{others} more" if others else None
    shown = Text("\n".join(lines[-PANEL_LINES:]), overflow="fold")
    return Panel(shown, title=Text(text.name), title_align="left", subtitle=beside, border_style="dim")


def print_lines(text: NodeText) -> None:
    """Print a text that is complete, each line behind the name of its node."""
    for line in printable(text.text).strip().splitlines():
        err.print(Text(f"  {text.name} │ ", style="dim") + Text(line), soft_wrap=True)


def write_text(frames: Iterable[Frame], console: Console) -> None:
    """Write the text as it comes and nothing else; a heading where another node goes on, and where one begins anew."""
    writer: str | None = None
    for frame in frames:
        if frame.type not in ("token", "restart", "gap"):
            continue
        name = frame.node_id if frame.item is None else f"{frame.node_id}[{frame.item}]"
        if name != writer:
            console.out("" if writer is None else "\n", f"── {name}\n", sep="", end="")
            writer = name
        if frame.type == "restart":
            console.out("\n── begins anew\n", end="")
        elif frame.type == "gap":
            console.out(f"[… {frame.data.get('chars')} characters not shown …]", end="")
        else:
            console.out(printable(frame.text), end="", highlight=False)
        console.file.flush()
    if writer is not None:
        console.out("")


def write_json(frames: Iterable[Frame]) -> None:
    """Write each frame as a line of JSON, at once."""
    for frame in frames:
        write_line(frame.raw)


def write_line(value: Any) -> None:
    """Write a value as one line of JSON, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def printable(text: str) -> str:
    """Return the text without what a terminal would obey."""
    return _CONTROLS.sub("", text)
