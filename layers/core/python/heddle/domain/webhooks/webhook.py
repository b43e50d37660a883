"""A webhook on its way: what is sent, how often it was tried, and when it is due."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Webhook:
    """What a tenant's server is told. `timestamp` (ISO 8601) is when it happened, not when it is sent."""

    tenant: str
    id: str
    url: str
    type: str
    timestamp: str
    data: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """What is sent and signed: the same bytes every time."""
        content = {"type": self.type, "timestamp": self.timestamp, "data": self.data}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook's next attempt, counted from 1. `due_at` (ISO 8601) None: at once."""

    webhook: Webhook
    attempt: int = 1
    due_at: str | None = None

    def next(self, due_at: str) -> "Delivery":
        """Return the attempt after this one."""
        return replace(self, attempt=self.attempt + 1, due_at=due_at)

    def to_json(self) -> dict[str, Any]:
        """Return what `read_delivery` reads."""
        fields = {name: getattr(self.webhook, name) for name in self.webhook.__dataclass_fields__}
        return {"webhook": fields, "attempt": self.attempt, "due_at": self.due_at}


def read_delivery(message: Mapping[str, Any]) -> Delivery | None:
    """Return the delivery of a message; None if the message is about something else."""
    fields = message.get("webhook")
    if not isinstance(fields, Mapping):
        return None
    return Delivery(Webhook(**fields), int(message["attempt"]), message["due_at"])
