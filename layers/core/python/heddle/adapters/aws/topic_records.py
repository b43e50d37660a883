"""Records of the realtime table's stream: what was added to which topic."""

from collections.abc import Mapping
from typing import Any

from heddle.application.realtime.fan_out import Appended


def appended_of(record: Mapping[str, Any]) -> Appended | None:
    """Return what a record announces, None if it is not of frames that were added."""
    image = record["dynamodb"].get("NewImage", {})
    if record.get("eventName") != "INSERT" or "last" not in image:
        return None
    tenant, _, topic = image["pk"]["S"].split("#", 2)
    return Appended(tenant, topic, int(image["sk"]["N"]), int(image["last"]["N"]))
