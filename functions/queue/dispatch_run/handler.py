"""Start the runs that come out of the task queue, as far as their tenants have slots.

Trigger: SQS task queue; the body is {"run": RunRef, "reason": str}, the EventBridge event of an execution that died,
         or the scheduler's {"trigger": {tenant, id}, "scheduled_at"}: a timer is due
Out:     {"batchItemFailures": [...]}
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from heddle.application.ports.task_letters import TaskLetter
from heddle.application.runs.dispatch_run import DispatchRun
from heddle.application.triggers.fire_timer import FireTimer
from heddle.runtime.clock import now
from heddle.runtime.queue_function import RunTask, TimerDue, each_record, run_task, timer_due
from heddle.runtime.stores import Stores
from heddle.runtime.task_letters import Record, keep_task_letter
from heddle.runtime.use_cases import DispatchSettings, dispatch_run_of, fire_timer_of


@cache
def dispatch_run() -> DispatchRun:
    """Build the use case once per sandbox; tests put their own in its place."""
    return dispatch_run_of(DispatchSettings.load())


@cache
def fire_timer() -> FireTimer:
    """Build what fires timers, when the first one is due."""
    return fire_timer_of(DispatchSettings.load())


@cache
def keep_letter() -> Callable[[Record, str, str, int], TaskLetter]:
    """Build what keeps the reason of a last failure."""
    return keep_task_letter(Stores(DispatchSettings.load()).task_letters, now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Dispatch each run by itself; one that fails is delivered again, alone."""
    return each_record(event, context, _task, _dispatch, _give_up)


def _task(body: dict[str, Any]) -> RunTask | TimerDue:
    return timer_due(body) or run_task(body)


def _dispatch(task: RunTask | TimerDue) -> str:
    if isinstance(task, TimerDue):
        fired = fire_timer()(task.tenant, task.trigger_id, scheduled_at=task.scheduled_at)
        return "not fired" if fired is None else f"fired {fired.firing.run_id}"
    return dispatch_run()(task.run, reason=task.reason)


def _give_up(record: Record, code: str, reason: str, attempts: int) -> None:
    keep_letter()(record, code, reason, attempts)
