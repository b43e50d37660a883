"""A batch: one operation over many items, as it was asked for. It never changes; `progress` says how far it is."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from heddle.records import dataclass

Operation = Literal["analyze", "ingest"]
OPERATIONS: tuple[Operation, ...] = ("analyze", "ingest")

MAX_ITEMS = 10_000
MAX_PARALLEL = 50
DEFAULT_PARALLEL = 10
KEPT_DAYS = 30
"""How long a batch, its items and their results are kept, from when it was handed in."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was asked for, and by whom.

    `parameters` are the operation's own. `source` says where items are from: {"items": count}, {"urls": count} or
    {"prefix": folder of the tenant's uploads}. `timeout_seconds` is what one item may take.
    """

    tenant: str
    id: str
    operation: Operation
    created_at: datetime
    created_by: str
    correlation_id: str
    name: str = ""
    max_parallel: int = DEFAULT_PARALLEL
    continue_on_error: bool = True
    timeout_seconds: int = 300
    webhook_url: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {name: getattr(self, name) for name in self.__slots__} | {"created_at": self.created_at.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Batch":
        """Return what `to_json` gave."""
        return cls(**{**value, "created_at": datetime.fromisoformat(value["created_at"])})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be done: exactly one of `content` (text), `object` (an upload) and `url`. Positions count from 1."""

    position: int
    name: str = ""
    content: str | None = None
    object: str | None = None
    url: str | None = None
    content_type: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored, without what is not given; an empty text was given."""
        given = {name: value for name in self.__slots__ if (value := getattr(self, name))}
        return given | ({"content": self.content} if self.content is not None else {})

    @property
    def label(self) -> str:
        """What people know it by."""
        return self.name or self.url or (self.object or "").rpartition("/")[2] or f"item {self.position}"


ItemStatus = Literal["succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of an item: `summary` and perhaps a file with all of it, or `code` and `message` of the reason."""

    position: int
    status: ItemStatus
    name: str
    ended_at: datetime
    took_ms: float
    attempts: int = 1
    code: str = ""
    message: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)
    result: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {name: getattr(self, name) for name in self.__slots__} | {"ended_at": self.ended_at.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ItemResult":
        """Return what `to_json` gave."""
        return cls(**{**value, "ended_at": datetime.fromisoformat(value["ended_at"])})
