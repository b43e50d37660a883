"""Send what was added to topics to those who listen, each in order, many side by side.

Trigger: SQS FIFO queue of deliveries, one group per shard of a topic; the body is {"do": "join"} or {"do": "deliver"}
Out:     {"batchItemFailures": [...]}; what fails three times is put aside
"""

from functools import cache
from typing import Any

from heddle.application.realtime.deliver import Deliver
from heddle.runtime.mailbox_function import each_in_order
from heddle.runtime.realtime import Realtime, RealtimeSettings


@cache
def deliver() -> Deliver:
    """Build the use case once per sandbox; tests put their own in its place."""
    return Realtime(RealtimeSettings.load()).deliver()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle each message by itself."""
    return each_in_order(event, context, _deliver)


def _deliver(message: dict[str, Any]) -> int:
    return deliver()(message)
