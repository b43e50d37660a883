"""Events that a tenant puts on the bus, for its own triggers and for rules of whoever runs the stage."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson

from heddle.errors import InvalidInput, PayloadTooLarge
from heddle.records import dataclass

MOST = 10
MAX_BYTES = 200 * 1024
"""The bus takes 256 KiB for one entry, envelope included."""
_TYPE = re.compile(r"[^\x00-\x1f]{1,128}")
_SOURCE = re.compile(r"(?!aws\.|heddle)[A-Za-z0-9_.:/-]{1,100}")


class CustomEvents(Protocol):
    """The bus, for events of tenants."""

    def put(self, entries: Sequence[tuple[str, str, str]]) -> Sequence[str | None]:
        """Put (type, detail as JSON, time) each; return the bus's id of each, None for one that it refused."""
        ...


@dataclass(frozen=True, slots=True)
class PutEvents:
    """Checks and puts; all are checked before any is put."""

    bus: CustomEvents
    now: Callable[[], datetime]

    def __call__(
        self, tenant: str, events: Sequence[Mapping[str, Any]], *, principal: str, correlation_id: str
    ) -> Sequence[str | None]:
        """Return the id of each event, None for one that the bus refused: put that one again.

        InvalidInput `invalid_event` names the event and the field; PayloadTooLarge `event_too_large`.
        """
        if not 1 <= len(events) <= MOST:
            raise _invalid("events", f"must be 1 to {MOST} events")
        at = self.now().isoformat()
        entries = []
        for index, event in enumerate(events):
            if unknown := sorted(set(event) - {"type", "source", "data"}):
                raise _invalid(f"events[{index}].{unknown[0]}", "is not known here: an event has type, source and data")
            kind, source, data = event.get("type"), event.get("source", "custom"), event.get("data", {})
            if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
                raise _invalid(f"events[{index}].type", "must be text of 1 to 128 characters, such as OrderPaid")
            if not isinstance(source, str) or not _SOURCE.fullmatch(source):
                raise _invalid(
                    f"events[{index}].source", "must be a name such as shop.orders; aws. and heddle are taken"
                )
            if not isinstance(data, Mapping):
                raise _invalid(f"events[{index}].data", "must be an object")
            detail = {
                "tenant": tenant,
                "source": source,
                "principal": principal,
                "correlation_id": correlation_id,
                "data": data,
            }
            text = orjson.dumps(detail)
            if len(text) > MAX_BYTES:
                raise PayloadTooLarge(
                    f"events[{index}] has {len(text)} bytes; at most {MAX_BYTES} are taken", code="event_too_large"
                )
            entries.append((kind, text.decode(), at))
        return self.bus.put(entries)


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field} {message}", code="invalid_event", errors=[{"field": field, "message": message}])
