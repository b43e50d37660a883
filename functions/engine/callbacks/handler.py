"""Keep the task token of a strand that waits for the outside, and start the sub-run it may wait for.

Trigger: state machine, state AwaitCallback (waitForTaskToken)
In:      {"work": Work, "token": str}
Out:     nothing; the strand goes on when someone wakes it with the token
"""

from functools import cache
from typing import Any

from heddle.application.runs.register_callback import RegisterCallback
from heddle.runtime.engine_function import engine_function
from heddle.runtime.use_cases import CallbackSettings, register_callback_of


@cache
def register_callback() -> RegisterCallback:
    """Build the use case once per sandbox; tests put their own in its place."""
    return register_callback_of(CallbackSettings.load())


@engine_function
def lambda_handler(event: dict[str, Any], _context: Any) -> None:
    """Register the token."""
    register_callback()(event["work"], event["token"])
