"""What every parser gives: a document's text, outline, links and what it says of itself."""

import time
from dataclasses import field
from typing import Any

from heddle.errors import NodeError
from heddle.records import dataclass

MAX_BYTES = 64 * 1024 * 1024
MAX_LINKS = 5000
MAX_STRUCTURE = 5000


@dataclass(slots=True)
class Document:
    """`text` parts its paragraphs by an empty line. Offsets in `structure` and `page_starts` count its characters."""

    text: str
    title: str | None = None
    structure: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    pages: int | None = None
    page_starts: list[int] = field(default_factory=list)
    media: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a parser may take and how much text it may give."""

    deadline: float
    max_chars: int = 5_000_000
    main_content: bool = True

    def check(self) -> None:
        """Raise NodeError `document_timeout` if the time is over; parsers call it in every loop."""
        if time.monotonic() > self.deadline:
            raise NodeError("the document took too long to read", code="document_timeout")


def corrupt(what: str, reason: str = "") -> NodeError:
    """Return the error for bytes that are not what they claim to be."""
    message = f"the document is not valid {what}" + (f": {reason}" if reason else "")
    return NodeError(message, code="document_corrupt", format=what)


def unsafe(reason: str) -> NodeError:
    """Return the error for a document built to harm its reader."""
    return NodeError(f"the document is not safe to read: {reason}", code="document_unsafe", reason=reason)


def empty() -> NodeError:
    """Return the error for a document without anything to read."""
    return NodeError("the document is empty", code="document_empty")


class TextBuilder:
    """Puts a text together from paragraphs, and knows the offset of each."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self.length = 0

    @property
    def full(self) -> bool:
        """True once there is more text than will be kept; parsers may stop there."""
        return self.length > self._limits.max_chars

    def add(self, paragraph: str) -> int:
        """Append a paragraph (nothing, if it is blank) and return where it begins."""
        self._limits.check()
        if not paragraph or paragraph.isspace():
            return self.length
        if self._parts:
            self._parts.append("\n\n")
            self.length += 2
        offset = self.length
        self._parts.append(paragraph)
        self.length += len(paragraph)
        return offset

    def text(self) -> str:
        """Return the whole text."""
        return "".join(self._parts)
