"""Frames of the WebSocket protocol: what a client sends, what it is sent, and errors by the numbers of the protocol.

    client   {"type": "Subscribe", "data": {"topics": ["updates.*"]}, "id": "7"}
    server   {"type": "Status", "data": {…}, "id": "7", "timestamp": "…", "metadata": {"topic": …, "seq": …}}

An answer carries the `id` of the frame that it answers. `timestamp` is ISO 8601 in UTC.
"""

import math
from typing import Any

import orjson

from heddle.errors import (
    Conflict,
    Forbidden,
    HeddleError,
    InvalidCommand,
    InvalidInput,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    UpstreamUnavailable,
)
from heddle.records import dataclass

PROTOCOL_VERSION = "1.0"
FEATURES = ("broadcast", "direct_message", "presence", "history", "resume")
MAX_FRAME_BYTES = 128 * 1024
"""The most that API Gateway takes as one message."""
MAX_SENT_BYTES = 120 * 1024
"""The most that we send as one message: the limit is the same, and an envelope is around it."""
MAX_ID = 128
CUSTOM_PREFIX = "X-"

CLIENT_TYPES = frozenset(
    [
        "Ack",
        "Authenticate",
        "Broadcast",
        "DirectMessage",
        "Ping",
        "Pong",
        "Subscribe",
        "TypingEnd",
        "TypingStart",
        "Unsubscribe",
        "UpdatePresence",
    ]
)

_NUMBERS: tuple[tuple[type[HeddleError], int], ...] = (
    (PayloadTooLarge, 413),
    (InvalidCommand, 400),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (UpstreamUnavailable, 503),
)


class RateLimited(HeddleError):
    """Frames came faster than allowed; `details["retry_after"]` is how many seconds to wait."""

    code = "rate_limited"
    retryable = True


def after(wait: float) -> float:
    """Return the wait as `retry_after` says it: in milliseconds, rounded up, so that it is enough and never none."""
    return math.ceil(wait * 1000) / 1000


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """A frame that a client sent, checked as far as its type allows."""

    type: str
    data: dict[str, Any]
    id: str | None = None


def read_frame(text: str) -> ClientFrame:
    """Return the frame; InvalidInput `invalid_frame`, `unknown_frame_type`, PayloadTooLarge `frame_too_large`."""
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_FRAME_BYTES:
        raise PayloadTooLarge(
            f"a frame has at most {MAX_FRAME_BYTES} bytes, this one has {size}: send where a large value is",
            code="frame_too_large",
        )
    try:
        value = orjson.loads(text)
    except ValueError as error:
        raise _invalid(f"a frame is a JSON object: {error}") from error
    if not isinstance(value, dict):
        raise _invalid("a frame is a JSON object such as {type, data, id}")
    kind, data, frame_id = value.get("type"), value.get("data", {}), value.get("id")
    if not isinstance(kind, str) or not kind:
        raise _invalid("`type` must be text, such as Subscribe")
    if frame_id is not None and (not isinstance(frame_id, str | int) or len(str(frame_id)) > MAX_ID):
        raise _invalid(f"`id` must be text of at most {MAX_ID} characters")
    if kind not in CLIENT_TYPES and not kind.startswith(CUSTOM_PREFIX):
        known = ", ".join(sorted(CLIENT_TYPES))
        raise InvalidInput(f"{kind[:40]!r} is not a type of frame; there are {known}", code="unknown_frame_type")
    # Heartbeats of small clients send no data, or a bare timestamp.
    if data is None:
        data = {}
    if not isinstance(data, dict):
        if kind not in ("Ping", "Pong"):
            raise _invalid("`data` must be an object")
        data = {"timestamp": data}
    return ClientFrame(kind, data, None if frame_id is None else str(frame_id))


def frame_id_in(text: str) -> str | None:
    """Return the `id` of a frame that could not be read, if it can be told, so that its error finds its way back."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return str(found)[:MAX_ID] if isinstance(found, str | int) else None


def server_frame(
    kind: str, data: dict[str, Any], *, at: str, id: str | None = None, metadata: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a frame to send."""
    frame: dict[str, Any] = {"type": kind, "data": data, "timestamp": at}
    if id is not None:
        frame["id"] = id
    if metadata:
        frame["metadata"] = metadata
    return frame


def error_frame(error: HeddleError, *, at: str, id: str | None = None) -> dict[str, Any]:
    """Return the Error frame of a deliberate error: its number, its text, and our stable code in `details.error`."""
    details = {**error.details, "error": error.code}
    return server_frame("Error", {"code": number_of(error), "message": error.message, "details": details}, at=at, id=id)


def number_of(error: HeddleError) -> int:
    """Return the number that the protocol has for an error."""
    if isinstance(error, RateLimited):
        return 429
    return next((number for kind, number in _NUMBERS if isinstance(error, kind)), 500)


def encoded(frame: dict[str, Any]) -> bytes:
    """Return the frame as it is sent."""
    return orjson.dumps(frame)


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, code="invalid_frame")
