"""Give back what a run held when it ended or rests, and call in the run of its tenant that has waited longest.

Trigger: SQS, fed by the bus rules "a run ended" and "a node waits for a time"; the body is the EventBridge event
Out:     {"batchItemFailures": [...]}
"""

from functools import cache
from typing import Any

from heddle.application.runs.release_run import ReleaseRun
from heddle.runtime.queue_function import RunEnded, each_record, run_ended
from heddle.runtime.use_cases import ReleaseSettings, release_run_of


@cache
def release_run() -> ReleaseRun:
    """Build the use case once per sandbox; tests put their own in its place."""
    return release_run_of(ReleaseSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle each ended run by itself; one that fails is delivered again, alone."""
    return each_record(event, context, run_ended, _release)


def _release(ended: RunEnded) -> str:
    run = ended.run
    called_in = release_run()(run["tenant"], run["id"], correlation_id=run["correlation_id"])
    return f"called in {called_in}" if called_in else "nobody waits"
