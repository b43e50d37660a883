"""Events of tenants on EventBridge: source `heddle.custom`, and in the detail whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heddle.adapters.aws.dynamo import call
from heddle.application.triggers.match_events import CUSTOM

if TYPE_CHECKING:
    from mypy_boto3_events.client import EventBridgeClient


@dataclass(frozen=True)
class EventBridgeCustomEvents:
    """A CustomEvents."""

    client: "EventBridgeClient"
    bus_name: str

    def put(self, entries: Sequence[tuple[str, str, str]]) -> Sequence[str | None]:
        made = [
            {"Source": CUSTOM, "DetailType": kind, "Detail": detail, "Time": at, "EventBusName": self.bus_name}
            for kind, detail, at in entries
        ]
        reply = call(self.client.put_events, Entries=made)
        return [entry.get("EventId") if not entry.get("ErrorCode") else None for entry in reply["Entries"]]
