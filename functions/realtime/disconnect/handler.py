"""Forget a WebSocket that was closed; where its topics stood goes into its session.

Trigger: route $disconnect of the WebSocket API. It may come late or never: the timer finds what it missed
Out:     {"statusCode": 200}
"""

from functools import cache
from typing import Any

from heddle.application.realtime.connect import Disconnect
from heddle.runtime.realtime import Realtime, RealtimeSettings


@cache
def disconnect() -> Disconnect:
    """Build the use case once per sandbox; tests put their own in its place."""
    return Realtime(RealtimeSettings.load()).disconnect()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Forget it."""
    disconnect()(event["requestContext"]["connectionId"])
    return {"statusCode": 200}
