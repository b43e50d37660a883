"""What every function fed by a queue has in common: one record at a time, and failures named one by one."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from heddle.application.execution.step import RunRef
from heddle.errors import HeddleError
from heddle.records import dataclass
from heddle.runtime.logging import bind


@dataclass(frozen=True, slots=True)
class RunTask:
    """A message of the task queue."""

    run: RunRef
    reason: str


@dataclass(frozen=True, slots=True)
class TimerDue:
    """The scheduler's message: a timer is due, since the time it was scheduled for."""

    tenant: str
    trigger_id: str
    scheduled_at: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run that ended, as the bus told it."""

    run: RunRef
    type: str


Message = TypeVar("Message")
GiveUp = Callable[[dict[str, Any], str, str, int], object]
"""Hears of a record that failed for the last time: code, reason and number of attempts."""

ATTEMPTS = 5
"""How often a message is delivered before it goes to the dead letters (infra: maxReceiveCount)."""
DEFECT = "internal_error"


def run_task(body: dict[str, Any]) -> RunTask:
    """Read a message of the task queue: one of ours, or EventBridge's word that an execution died."""
    if body.get("source") == "aws.states":
        return RunTask(_run(orjson.loads(body["detail"]["input"])["work"]["run"]), "watch")
    return RunTask(_run(body["run"]), str(body["reason"]))


def timer_due(body: dict[str, Any]) -> TimerDue | None:
    """Read the scheduler's message; None for one that is about a run."""
    trigger = body.get("trigger")
    if not isinstance(trigger, dict):
        return None
    return TimerDue(str(trigger["tenant"]), str(trigger["id"]), str(body["scheduled_at"]))


def run_ended(body: dict[str, Any]) -> RunEnded:
    """Read an EventBridge event that carries the envelope of a run's event."""
    envelope = body["detail"]
    run: RunRef = {
        "tenant": envelope["tenant"],
        "id": envelope["stream"]["id"],
        "correlation_id": envelope["metadata"]["correlation_id"],
    }
    return RunEnded(run, str(envelope["type"]))


def each_record(
    event: dict[str, Any],
    context: Any,
    read: Callable[[dict[str, Any]], Message],
    handle: Callable[[Message], str],
    give_up: GiveUp | None = None,
) -> dict[str, Any]:
    """Read and handle the bodies of an SQS event one by one; returns those to be delivered again.

    `give_up` is called before the queue puts a record among the dead letters.
    """
    return _each(event, context, lambda record: read(orjson.loads(record["body"])), handle, give_up)


def each(
    event: dict[str, Any], context: Any, handle: Callable[[dict[str, Any]], str], give_up: GiveUp | None = None
) -> dict[str, Any]:
    """Handle the records themselves one by one; returns those to be delivered again. `give_up`: see `each_record`."""
    return _each(event, context, lambda record: record, handle, give_up)


def _each(
    event: dict[str, Any],
    context: Any,
    read: Callable[[dict[str, Any]], Message],
    handle: Callable[[Message], str],
    give_up: GiveUp | None,
) -> dict[str, Any]:
    """Whatever goes wrong with one record, a bug too, is that record's alone.

    It is logged, tried again by the queue, and ends in the dead-letter queue, while the others are done.
    """
    failures = []
    for record in event["Records"]:
        log = bind(None, context)
        begun = time.perf_counter()
        try:
            message = read(record)
            log = bind(getattr(message, "run", None), context)
            outcome = handle(message)
        except HeddleError as error:
            log.warning("record failed", code=error.code, error=error.message, message_id=record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
            _last(record, error.code, error.message, give_up, log)
        except Exception:  # the border between records
            log.exception("record failed", message_id=record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
            _last(
                record, DEFECT, f"a defect of the platform; its log names message {record['messageId']}", give_up, log
            )
        else:
            took = round((time.perf_counter() - begun) * 1000, 1)
            log.info("record", outcome=outcome, duration_ms=took)
    return {"batchItemFailures": failures}


def _last(
    record: dict[str, Any],
    code: str,
    reason: str,
    give_up: GiveUp | None,
    log: Any,
) -> None:
    attempts = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    if give_up is None or attempts < ATTEMPTS:
        return
    try:
        give_up(record, code, reason, attempts)
    except Exception:  # whoever reads the dead letters keeps it then, with less to say
        log.exception("dead letter not kept", message_id=record["messageId"])


def _run(run: dict[str, Any]) -> RunRef:
    return {"tenant": str(run["tenant"]), "id": str(run["id"]), "correlation_id": str(run["correlation_id"])}
