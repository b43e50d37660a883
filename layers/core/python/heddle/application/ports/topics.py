"""Live output: frames of a topic, numbered without gaps, kept for a while, read by whoever comes late."""

from collections.abc import Sequence
from typing import Any, Protocol

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a topic. `seq` counts from 1 without gaps; `type` is token, tool, restart, done, …; data is JSON."""

    seq: int
    type: str
    data: dict[str, Any]
    at: str


class TopicLog(Protocol):
    """The bounded log of each topic, such as `run:{id}`; entries end by themselves after a day."""

    def append(self, tenant: str, topic: str, frames: Sequence[tuple[str, dict[str, Any]]], *, at: str) -> int:
        """Add frames (type, data) together, behind whatever others added, and return the last number given.

        Several writers may add at the same time: numbers stay without gaps and the frames of one call together.
        """
        ...

    def read(self, tenant: str, topic: str, *, after: int, limit: int) -> tuple[Frame, ...]:
        """Return frames with a greater number, oldest first, at most `limit`. Strongly consistent."""
        ...
