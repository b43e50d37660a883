"""Hand the result of a sub-run that ended over to the node of its parent that waits for it.

Trigger: SQS, fed by the bus rule "a run ended"; the body is the EventBridge event
Out:     {"batchItemFailures": [...]}
"""

from functools import cache
from typing import Any

from heddle.application.runs.finish_child import FinishChild
from heddle.runtime.queue_function import RunEnded, each_record, run_ended
from heddle.runtime.stores import StoreSettings
from heddle.runtime.use_cases import finish_child_of


@cache
def finish_child() -> FinishChild:
    """Build the use case once per sandbox; tests put their own in its place."""
    return finish_child_of(StoreSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle each ended run by itself; one that fails is delivered again, alone."""
    return each_record(event, context, run_ended, _finish)


def _finish(ended: RunEnded) -> str:
    run = ended.run
    handed_over = finish_child()(run["tenant"], run["id"], correlation_id=run["correlation_id"])
    return "handed over" if handed_over else "nobody waits"
