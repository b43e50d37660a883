"""What the task queue gives up is kept for its tenant, with the reason of the last attempt where there was one."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.queue.dispatch_run import handler as dispatch_run
from functions.queue.keep_dead_letter import handler as keep_dead_letter
from heddle.adapters.memory.task_letters import MemoryTaskLetterStore
from heddle.application.execution.step import RunRef
from heddle.errors import UpstreamUnavailable
from heddle.runtime.task_letters import keep_task_letter
from infra.constructs.queue_with_dead_letters import ATTEMPTS as DELIVERIES
from tests.support.lambdas import Context, sample

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUN = {"tenant": "acme", "id": "01RUN", "correlation_id": "c-1"}


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> MemoryTaskLetterStore:
    store = MemoryTaskLetterStore()
    for handler, name in ((dispatch_run, "keep_letter"), (keep_dead_letter, "keep")):
        monkeypatch.setattr(handler, name, lambda: keep_task_letter(store, lambda: NOON))
    return store


def record(body: Any, attempt: int = 1, **attributes: str) -> dict[str, Any]:
    said = {name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()}
    return {
        "messageId": "m-1",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(attempt)},
        "messageAttributes": said,
    }


def event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def failing(error: Exception) -> Any:
    def dispatch(run: RunRef, *, reason: str) -> str:
        raise error

    return lambda: dispatch


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (UpstreamUnavailable("the state machine did not answer"), "upstream_unavailable", "did not answer"),
        (RuntimeError("secret of the platform"), "internal_error", "m-1"),
    ],
)
def test_the_last_attempt_says_why(
    letters: MemoryTaskLetterStore, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, reason: str
) -> None:
    monkeypatch.setattr(dispatch_run, "dispatch_run", failing(error))
    message = {"run": RUN, "reason": "requested", "priority": "high"}

    for attempt in range(1, DELIVERIES):
        dispatch_run.lambda_handler(event(record(message, attempt)), Context())
        assert letters.letters("acme", limit=1).items == ()
    answer = dispatch_run.lambda_handler(event(record(message, DELIVERIES)), Context())

    (letter,) = letters.letters("acme", limit=10).items
    assert (letter.kind, letter.subject, letter.code, letter.attempts) == ("run", "01RUN", code, DELIVERIES)
    assert reason in letter.reason and "secret" not in letter.reason
    assert (letter.message, letter.priority, letter.at) == (message, "high", NOON.isoformat())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_the_message_itself_changes_nothing_when_it_comes_afterwards(
    letters: MemoryTaskLetterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch_run, "dispatch_run", failing(UpstreamUnavailable("down")))
    message = {"run": RUN, "reason": "requested"}
    dispatch_run.lambda_handler(event(record(message, DELIVERIES)), Context())

    for _ in range(2):
        answer = keep_dead_letter.lambda_handler(event(record(message)), Context())
        assert answer == {"batchItemFailures": []}

    (letter,) = letters.letters("acme", limit=10).items
    assert letter.reason == "down"


def test_a_message_that_ended_its_function_is_kept_all_the_same(letters: MemoryTaskLetterStore) -> None:
    keep_dead_letter.lambda_handler(event(record({"run": RUN, "reason": "requested"})), Context())

    (letter,) = letters.letters("acme", limit=10).items
    assert (letter.code, letter.attempts) == ("function_killed", DELIVERIES)


def test_a_timer_that_the_scheduler_could_not_deliver_says_what_the_scheduler_says(
    letters: MemoryTaskLetterStore,
) -> None:
    due = {"trigger": {"tenant": "acme", "id": "trg_1"}, "scheduled_at": "2026-01-01T12:00:00Z"}

    keep_dead_letter.lambda_handler(
        event(record(due, ERROR_CODE="THROTTLING", ERROR_MESSAGE="Rate exceeded")), Context()
    )

    (letter,) = letters.letters("acme", limit=10).items
    assert (letter.kind, letter.subject) == ("timer", "trg_1")
    assert (letter.code, letter.reason) == ("throttling", "Rate exceeded")


def test_an_execution_that_died_is_about_its_run(letters: MemoryTaskLetterStore) -> None:
    body = sample("execution_died")["Records"][0]["body"]

    keep_dead_letter.lambda_handler(event(record(body)), Context())

    (letter,) = letters.letters("acme", limit=10).items
    assert letter.kind == "run" and letter.message == json.loads(body)


@pytest.mark.parametrize("body", ["{", "[]", '{"run": {}}', '{"trigger": {"id": "x"}}'])
def test_what_belongs_to_no_tenant_is_left_to_operators(letters: MemoryTaskLetterStore, body: str) -> None:
    answer = keep_dead_letter.lambda_handler(event(record(body)), Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def test_a_letter_that_cannot_be_kept_hides_nothing(
    letters: MemoryTaskLetterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*about: Any) -> Any:
        raise UpstreamUnavailable("the table does not answer")

    monkeypatch.setattr(dispatch_run, "dispatch_run", failing(UpstreamUnavailable("down")))
    monkeypatch.setattr(dispatch_run, "keep_letter", lambda: refuses)

    answer = dispatch_run.lambda_handler(event(record({"run": RUN, "reason": "requested"}, DELIVERIES)), Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
