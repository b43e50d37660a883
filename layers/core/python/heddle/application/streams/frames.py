"""Frames on their way into a topic: each as JSON once, measured before anything is written."""

from collections.abc import Sequence
from typing import Any

import orjson

from heddle.application.ports.topics import APPEND_BYTES, FRAME_BYTES
from heddle.errors import InvalidInput, PayloadTooLarge


def encoded(frames: Sequence[tuple[str, dict[str, Any]]]) -> list[bytes]:
    """Return each frame as JSON `[type, data]`; InvalidInput and PayloadTooLarge as `TopicLog.append` promises."""
    if not frames:
        raise InvalidInput("a topic takes at least one frame at a time")
    made = [orjson.dumps(frame) for frame in frames]
    largest = max(map(len, made))
    if largest > FRAME_BYTES:
        raise PayloadTooLarge(f"a frame has {largest} bytes; at most {FRAME_BYTES} are taken")
    if (total := sum(map(len, made))) > APPEND_BYTES:
        raise PayloadTooLarge(f"{len(made)} frames have {total} bytes; at most {APPEND_BYTES} are taken in one call")
    return made
