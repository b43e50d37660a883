"""A run is requested once per key, checked before anything is written, and never lost on the way to the queue."""

from dataclasses import replace

import pytest

from heddle.domain.events.envelope import StreamId
from heddle.domain.payload import as_ref
from heddle.errors import Conflict, HeddleError, IdempotencyMismatch, InvalidInput, NotFound
from tests.support.graphs import cheap, plan_of, work
from tests.support.runs import NOON, TENANT, WORKFLOW, Stage

SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string"}, "limit": {"type": "integer", "default": 5}},
    "required": ["question"],
}


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.save(plan_of([work("a")]), schema=SCHEMA)
    return stage


def test_a_request_is_recorded_and_queued(stage: Stage) -> None:
    requested = stage.ask({"question": "why"}, labels={"team": "x"}, live=True, budget_usd="1.50")

    (event,) = stage.events.read(StreamId(TENANT, "run", requested.run_id)).events
    (sent,) = stage.queue.take()
    assert requested.created
    assert (requested.mode, requested.status) == ("standard", "queued")
    assert event.type == "RunRequested"
    assert event.data["labels"] == {"team": "x"}
    assert event.data["live"] is True
    assert event.data["budget_usd"] == "1.50"
    assert event.metadata.principal == "user:1"
    assert sent.run == {"tenant": TENANT, "id": requested.run_id, "correlation_id": "c-1"}


def test_the_input_gets_the_defaults_of_its_schema(stage: Stage) -> None:
    run = stage.start({"question": "why"})

    assert stage.state(run).input == {"question": "why", "limit": 5}


def test_an_input_that_breaks_the_schema_leaves_no_trace(stage: Stage) -> None:
    with pytest.raises(InvalidInput) as caught:
        stage.ask({"question": 7})

    assert caught.value.details["errors"][0]["field"] == "input.question"
    assert stage.queue.take() == []


def test_a_large_input_travels_by_reference(stage: Stage) -> None:
    run = stage.start({"question": "x" * 100_000})

    ref = as_ref(stage.state(run).input)
    assert ref is not None
    assert b"xxx" in stage.blobs.get(TENANT, ref.key)


def test_an_input_that_looks_like_a_reference_names_no_blob() -> None:
    stage = Stage()
    stage.save(plan_of([work("a")]))
    forged = {"$ref": {"key": "acme/payloads/other", "sha256": "0" * 64, "bytes": 1}}

    run = stage.start(forged)

    ref = as_ref(stage.state(run).input)
    assert ref is not None
    assert ref.key != "acme/payloads/other"


def test_the_same_key_with_the_same_body_is_the_same_run(stage: Stage) -> None:
    first = stage.ask({"question": "why"}, idempotency_key="k")
    second = stage.ask({"question": "why"}, idempotency_key="k")

    assert second == replace(first, created=False, requested_at="")
    assert len(stage.events.read(StreamId(TENANT, "run", first.run_id)).events) == 1


def test_the_same_key_with_another_body_is_refused(stage: Stage) -> None:
    stage.ask({"question": "why"}, idempotency_key="k")

    with pytest.raises(IdempotencyMismatch):
        stage.ask({"question": "what"}, idempotency_key="k")


def test_a_repeat_after_a_crash_between_history_and_queue_queues_the_run(stage: Stage) -> None:
    first = stage.ask({"question": "why"}, idempotency_key="k")
    stage.queue.take()  # as if the message had never been sent

    stage.ask({"question": "why"}, idempotency_key="k")

    assert [sent.run["id"] for sent in stage.queue.take()] == [first.run_id]


def test_a_deleted_workflow_starts_no_runs(stage: Stage) -> None:
    stage.catalog.delete(TENANT, WORKFLOW, at=NOON, by="user:1")

    with pytest.raises(Conflict) as caught:
        stage.ask({"question": "why"})

    assert caught.value.code == "workflow_deleted"


@pytest.mark.parametrize("unknown", [{"workflow_id": "nope"}, {"version": 9}])
def test_what_does_not_exist_is_not_found(stage: Stage, unknown: dict[str, object]) -> None:
    with pytest.raises(NotFound):
        stage.ask({"question": "why"}, **unknown)


def test_a_mode_that_the_graph_does_not_allow_is_refused_with_what_it_allows(stage: Stage) -> None:
    with pytest.raises(InvalidInput, match="it allows standard") as caught:
        stage.ask({"question": "why"}, mode="inline")

    assert caught.value.code == "mode_not_allowed"


def test_an_allowed_mode_is_taken_instead_of_the_compilers() -> None:
    stage = Stage()
    stage.save(plan_of([cheap("a")]), mode="inline")

    requested = stage.ask(mode="standard")

    assert (requested.mode, requested.reason) == ("standard", "asked for by the caller")


def test_an_inline_run_that_its_caller_executes_is_held_back_in_the_queue() -> None:
    stage = Stage()
    stage.save(plan_of([cheap("a")]), mode="inline")

    stage.ask(inline_now=True)

    assert [sent.delay_seconds for sent in stage.queue.take()] == [60]


def test_another_tenant_sees_no_workflow(stage: Stage) -> None:
    with pytest.raises(HeddleError) as caught:
        stage.request("other", WORKFLOW, {}, principal="user:2", correlation_id="c")

    assert caught.value.code == "workflow_not_found"
