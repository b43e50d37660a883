"""The text that models of a run are writing, put together from frames of its live output."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from heddle_sdk.models import Frame

TEXT_TYPES = frozenset(["token", "tool", "restart", "gap", "done", "error"])
"""Frames that are about what a model writes; the others of a run's topic tell what its nodes do."""


@dataclass
class NodeText:
    """What one attempt at a node (or at one item of it) has written so far, in parts."""

    node_id: str
    attempt: int = 1
    item: int | None = None
    parts: list[str] = field(default_factory=list)
    status: str = "writing"

    @property
    def text(self) -> str:
        """The text as a whole."""
        return "".join(self.parts)

    @property
    def name(self) -> str:
        """The node, and the item by its number."""
        return self.node_id if self.item is None else f"{self.node_id}[{self.item}]"


@dataclass
class LiveText:
    """The texts of a run by who writes them; `newest` is the one that changed last.

    A part goes where its `index` says and what was there, and behind it, is void: so an answer that began anew, and one
    that came twice, show right. A newer attempt takes the place of the one before.
    """

    texts: dict[tuple[str, int | None], NodeText] = field(default_factory=dict)
    newest: NodeText | None = None

    def take(self, frames: Iterable[Frame]) -> None:
        """Take many frames."""
        for frame in frames:
            self.apply(frame)

    def apply(self, frame: Frame) -> NodeText | None:
        """Take one frame; return the text that it is about, None for one of an attempt that is over or about none."""
        if frame.type not in TEXT_TYPES:
            return None
        key = (frame.node_id, frame.item)
        text = self.texts.get(key)
        if text is None or frame.attempt > text.attempt:
            text = self.texts[key] = NodeText(frame.node_id, frame.attempt, frame.item)
        elif frame.attempt < text.attempt:
            return None
        if frame.type in ("token", "restart", "gap", "tool"):
            del text.parts[frame.data.get("index", len(text.parts)) :]
            text.status = "writing"
        if frame.type == "token":
            text.parts.append(frame.text)
        elif frame.type == "gap":
            text.parts.append(f"[… {frame.data.get('chars', '?')} characters not shown …]")
        elif frame.type == "tool":
            text.parts.append(_tool(frame))
        elif frame.type in ("done", "error"):
            text.status = "done" if frame.type == "done" else "failed"
        self.newest = text
        return text


def _tool(frame: Frame) -> str:
    words = {"started": "calls", "succeeded": "has called", "failed": "failed to call"}
    return f"\n[{words.get(str(frame.data.get('state')), 'tool')} {frame.data.get('name', '')}]\n"
