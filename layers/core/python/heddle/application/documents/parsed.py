"""What reading a document gave, as it lies beside the original until it is stored."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

import orjson

from heddle.domain.documents.document import Chunk
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Parsed:
    """The text, cut into chunks, and what the document says of itself. `language` is "" if it says nothing."""

    text: str
    title: str
    media_type: str
    chunks: tuple[Chunk, ...]
    language: str = ""
    pages: int | None = None
    words: int = 0
    truncated: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return it as a file."""
        chunks = [[c.position, c.text, c.start, c.end, c.tokens, c.heading, c.page] for c in self.chunks]
        values = {name: getattr(self, name) for name in self.__slots__} | {"chunks": chunks}
        return orjson.dumps(values | {"metadata": dict(self.metadata)}, default=str)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Parsed":
        """Return what `to_bytes` wrote."""
        values = orjson.loads(data)
        return cls(**values | {"chunks": tuple(Chunk(*chunk) for chunk in values["chunks"])})


def parsed_key(original: str) -> str:
    """Return where it lies."""
    return f"{original}.parsed"


def vectors_key(original: str, batch: int) -> str:
    """Return where the vectors of a batch of chunks lie."""
    return f"{original}.vectors.{batch:05d}"
