"""A session's memory as one value: turns of messages, the newest last, within bounds. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from heddle.application.ports.memory import MOST_BYTES, MOST_TURNS_KNOWN
from heddle.application.ports.models import Message

EMPTY: Mapping[str, Any] = {"messages": [], "turns": []}


def with_turn(session: Mapping[str, Any], turn: str, messages: Sequence[Message], keep: int) -> dict[str, Any] | None:
    """Return the session with the turn's messages added; None if they are in it already."""
    if turn in session["turns"]:
        return None
    kept = [*session["messages"], *messages][-keep:]
    sizes = [len(orjson.dumps(message)) for message in kept]
    total = sum(sizes)
    while len(kept) > 1 and total > MOST_BYTES:
        total -= sizes.pop(0)
        kept.pop(0)
    return {"messages": kept if total <= MOST_BYTES else [], "turns": [*session["turns"], turn][-MOST_TURNS_KNOWN:]}
