"""Live output: frames of a topic, numbered without gaps, kept for a while, read by whoever comes late."""

from collections.abc import Sequence
from typing import Any, Protocol

from heddle.records import dataclass

FRAME_BYTES = 256 * 1024
"""The most that one frame may have as JSON: an item of DynamoDB holds 400 KB."""
APPEND_BYTES = 3 * 1024 * 1024
"""The most that the frames of one call may have together: a transaction of DynamoDB holds 4 MB."""
KEPT_SECONDS = 24 * 3600
"""How long a frame is kept: that, and nothing else, bounds a topic."""
INBOX_SECONDS = 30 * 86_400
"""How long a frame of a user's inbox waits for them."""


def kept_seconds(topic: str) -> int:
    """Return how long the frames of a topic are kept."""
    return INBOX_SECONDS if topic.startswith("user:") else KEPT_SECONDS


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a topic. `seq` counts from 1 without gaps; `type` is token, tool, restart, done, …; data is JSON.

    `at` is when it was added, ISO 8601 in UTC.
    """

    seq: int
    type: str
    data: dict[str, Any]
    at: str


class TopicLog(Protocol):
    """The bounded log of each topic, such as `run:{id}`; entries end by themselves after a day, the oldest first.

    A topic to which nothing was added for longer than that may begin again at 1.
    """

    def append(self, tenant: str, topic: str, frames: Sequence[tuple[str, dict[str, Any]]], *, at: str) -> int:
        """Add frames (type, data) together, behind whatever others added, and return the last number given.

        Several writers may add at the same time: numbers stay without gaps and the frames of one call together.
        PayloadTooLarge for a frame above FRAME_BYTES or a call above APPEND_BYTES, InvalidInput for a call without
        frames; then nothing was added. After UpstreamUnavailable they may or may not have been.
        """
        ...

    def read(self, tenant: str, topic: str, *, after: int, limit: int) -> tuple[Frame, ...]:
        """Return frames with a greater number, oldest first, at most `limit`. Strongly consistent."""
        ...

    def newest(self, tenant: str, topic: str) -> int:
        """Return the number of the newest frame, 0 if there is none. Strongly consistent."""
        ...
