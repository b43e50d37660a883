"""A message as rules see it, and what is taken out of every message: credentials in headers, tags in text."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from heddle.records import dataclass

Priority = Literal["Low", "Normal", "High", "Critical"]
PRIORITIES: tuple[Priority, ...] = ("Low", "Normal", "High", "Critical")
SENDER_TYPES = ("User", "Agent", "Service", "System")

SENSITIVE_HEADERS = frozenset({"authorization", "cookie", "x-api-key"})
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
"""A tag or a comment; `a < b` and `x <- y` are none. Looks at each character once."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a client wants sent: `type` Broadcast (to `topic`) or DirectMessage (to `target_users`)."""

    type: str
    topic: str
    payload: Any
    sender_id: str
    sender_type: str = "User"
    headers: Mapping[str, str] = field(default_factory=dict)
    routing_key: str = ""
    priority: str = "Normal"
    target_users: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what conditions and templates call `message`."""
        return {
            "type": self.type,
            "topic": self.topic,
            "payload": self.payload,
            "sender_id": self.sender_id,
            "sender_type": self.sender_type,
            "headers": dict(self.headers),
            "routing_key": self.routing_key,
            "priority": self.priority,
            "target_users": list(self.target_users),
        }


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without those that carry credentials: they would reach everybody who listens."""
    return {name: value for name, value in headers.items() if name.lower() not in SENSITIVE_HEADERS}


def without_tags(value: Any) -> Any:
    """Return a JSON value with the tags of HTML taken out of its texts; keys stay as they are."""
    if isinstance(value, str):
        return _TAG.sub("", value) if "<" in value else value
    if isinstance(value, Mapping):
        return {key: without_tags(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_tags(each) for each in value]
    return value
