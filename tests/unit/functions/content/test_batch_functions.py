"""The functions of batches as Lambda calls them: which tasks come again, and which are given up."""

import json
from typing import Any

import pytest

from functions.content.analyze_batch import handler as analyze_batch
from functions.content.ingest_batch import handler as ingest_batch
from functions.content.keep_batch_item import handler as keep_batch_item
from heddle.application.ports.batches import Task
from infra.constructs.batch_queues import ATTEMPTS
from tests.support.batches import TENANT, Workshop
from tests.support.lambdas import Context, LogLines

WORKERS = [analyze_batch, ingest_batch]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = Workshop()
    for worker in WORKERS:
        monkeypatch.setattr(worker, "work", lambda: made.work)
    monkeypatch.setattr(keep_batch_item, "give_up", lambda: made.work.give_up)
    return made


def event(task: Task, attempt: int = 1) -> dict[str, Any]:
    body = json.dumps(task.to_json())
    attributes = {"ApproximateReceiveCount": str(attempt)}
    return {"Records": [{"messageId": "m-1", "body": body, "attributes": attributes}]}


@pytest.mark.parametrize("worker", WORKERS)
def test_tasks_are_done_until_the_batch_has_ended(shop: Workshop, worker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, log = shop.submit("a", "bad", "c"), LogLines(monkeypatch)

    while shop.queue.sent:
        assert worker.lambda_handler(event(shop.queue.sent.popleft()), Context()) == {"batchItemFailures": []}

    assert shop.progress(batch).status == "partially_completed"
    assert log.read()[0]["outcome"] == "3 items"


def test_a_task_at_which_the_worker_fails_comes_again_and_is_given_up(shop: Workshop) -> None:
    batch = shop.submit("a", max_parallel=1)
    analyze_batch.lambda_handler(event(shop.queue.sent.popleft()), Context())
    task = shop.queue.sent.popleft()

    def act(item: object, memo: object) -> Any:
        raise RuntimeError("a bug")

    shop.act = act
    for attempt in range(1, ATTEMPTS + 1):
        answer = analyze_batch.lambda_handler(event(task, attempt), Context())
        assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert keep_batch_item.lambda_handler(event(task, 1), Context()) == {"batchItemFailures": []}

    assert shop.progress(batch).status == "failed"
    assert shop.store.results(TENANT, batch, [1])[1].code == "batch_item_abandoned"


def test_items_that_cannot_be_listed_are_the_batchs_reason(shop: Workshop) -> None:
    batch = shop.submit("a")
    task = shop.queue.sent.popleft()
    shop.files.remove_all(TENANT, batch)

    failed = analyze_batch.lambda_handler(event(task), Context())
    keep_batch_item.lambda_handler(event(task), Context())

    assert failed["batchItemFailures"]
    error = shop.progress(batch).error
    assert error is not None and error["code"] == "batch_not_listed"


def test_a_task_of_a_batch_that_is_gone_is_let_go(shop: Workshop) -> None:
    task = Task(TENANT, "batch_gone", "analyze", 1, 1)

    for handler in (analyze_batch, keep_batch_item):
        assert handler.lambda_handler(event(task), Context()) == {"batchItemFailures": []}
