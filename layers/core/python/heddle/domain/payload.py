"""A value in a history is either the value itself or a claim check: a reference to where its bytes lie."""

from typing import Any

from heddle.records import dataclass

INLINE_LIMIT_BYTES = 32 * 1024
"""Payloads whose JSON is longer than this travel as a `PayloadRef`."""

REF_KEY = "$ref"


@dataclass(frozen=True, slots=True)
class PayloadRef:
    """Where a large JSON payload lies: blob key (always below the tenant's prefix), SHA-256 (hex) and size in bytes."""

    key: str
    sha256: str
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """Return `{"$ref": {...}}`, the shape in events, steps and API answers."""
        return {REF_KEY: {"key": self.key, "sha256": self.sha256, "bytes": self.bytes}}


def as_ref(value: Any) -> PayloadRef | None:
    """Return the reference that this JSON value is, or None if it is an ordinary value."""
    if isinstance(value, dict) and len(value) == 1 and REF_KEY in value:
        inner = value[REF_KEY]
        if isinstance(inner, dict) and inner.keys() == {"key", "sha256", "bytes"}:
            return PayloadRef(**inner)
    return None
