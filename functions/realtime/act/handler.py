"""Handle the frames of connections, each connection's in order.

Trigger: SQS FIFO queue of mailboxes, one group per connection; the body is {"group": connection id, "do", …}
Out:     {"batchItemFailures": [...]}; what fails three times is put aside, and its sender is told
"""

from functools import cache
from typing import Any

from heddle.application.realtime.act import Act
from heddle.runtime.mailbox_function import each_in_order
from heddle.runtime.realtime import Realtime, RealtimeSettings


@cache
def act() -> Act:
    """Build the use case once per sandbox; tests put their own in its place."""
    return Realtime(RealtimeSettings.load()).act()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle each message by itself."""
    return each_in_order(event, context, _act, _give_up)


def _act(message: dict[str, Any]) -> str:
    return act()(message["group"], message)


def _give_up(message: dict[str, Any], error: str) -> None:
    if "group" in message:
        act().give_up(message["group"], message, error)
