"""Take a frame from a WebSocket: heartbeats are answered here, the rest goes into the connection's mailbox.

Trigger: route $default of the WebSocket API; the body is the frame
Out:     {"statusCode": 200}. Answers are sent to the connection, never returned
"""

from functools import cache
from typing import Any

from heddle.application.realtime.receive import Receive
from heddle.runtime.logging import bind
from heddle.runtime.realtime import Realtime, RealtimeSettings


@cache
def receive() -> Receive:
    """Build the use case once per sandbox; tests put their own in its place."""
    return Realtime(RealtimeSettings.load()).receive()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Hand the frame over."""
    about = event["requestContext"]
    message_id = about.get("messageId") or about.get("requestId") or context.aws_request_id
    if event.get("isBase64Encoded"):
        outcome = receive().refuse_binary(about["connectionId"])
    else:
        outcome = receive()(about["connectionId"], event.get("body") or "", message_id=message_id)
    bind(None, context).debug("frame", outcome=outcome, connection_id=about["connectionId"])
    return {"statusCode": 200}
