"""Following a run over the WebSocket: what its nodes do and what its models write, one after the other."""

from collections.abc import Iterator

from heddle_sdk.live import TEXT_TYPES
from heddle_sdk.models import Frame, RunEvent
from heddle_sdk.realtime import Message, Realtime

ENDS = frozenset(["run.succeeded", "run.failed", "run.cancelled"])


def follow(live: Realtime, run_id: str, *, after: int = 0) -> Iterator[RunEvent | Frame]:
    """Yield the events and the text of a live run from a number on, until it has ended.

    SocketError if the run may not be read; ConnectionFailed if the connection breaks and cannot be made again.
    """
    topic = f"run:{run_id}"
    live.subscribe(topic, after=after)
    for message in live.messages():
        if message.topic != topic:
            continue
        yield happened(message)
        if message.payload.get("event") in ENDS:
            return


def happened(message: Message) -> RunEvent | Frame:
    """Return what a message of a run's topic tells: an event of its history, or a piece of text."""
    payload = dict(message.payload)
    kind = str(payload.pop("event"))
    if kind in TEXT_TYPES:
        return Frame(seq=message.seq, type=kind, data=payload, at=message.at)
    version, name = int(payload.pop("version", 0)), str(payload.pop("event_type", kind))
    return RunEvent(
        id=f"{message.topic}#{message.seq}", version=version, type=name, data=payload, occurred_at=message.at
    )
