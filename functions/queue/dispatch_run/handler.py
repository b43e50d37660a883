"""Start the runs that come out of the task queue, as far as their tenants have slots.

Trigger: SQS task queue; the body is {"run": RunRef, "reason": str}, or the EventBridge event of an execution that died
Out:     {"batchItemFailures": [...]}
"""

from functools import cache
from typing import Any

from heddle.application.runs.dispatch_run import DispatchRun
from heddle.runtime.queue_function import RunTask, each_record, run_task
from heddle.runtime.use_cases import DispatchSettings, dispatch_run_of


@cache
def dispatch_run() -> DispatchRun:
    """Build the use case once per sandbox; tests put their own in its place."""
    return dispatch_run_of(DispatchSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Dispatch each run by itself; one that fails is delivered again, alone."""
    return each_record(event, context, run_task, _dispatch)


def _dispatch(task: RunTask) -> str:
    return dispatch_run()(task.run, reason=task.reason)
