"""advance, callbacks and finish_child: unpacking, and the errors and lines that a state machine and its reader see."""

import pytest

from functions.engine.advance import handler as advance
from functions.engine.callbacks import handler as callbacks
from functions.engine.finish_child import handler as finish_child
from heddle.errors import UpstreamUnavailable
from heddle.runtime.errors import FatalNodeError, RetryableNodeError
from tests.support.graphs import cheap, plan_of
from tests.support.lambdas import Context, LogLines, sample
from tests.support.runs import Stage, approval


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    stage.save(plan_of([cheap("a"), approval("ask")], [("a", "ask")]))
    monkeypatch.setattr(advance, "strand_runner", lambda: stage.kernel)
    monkeypatch.setattr(callbacks, "register_callback", lambda: stage.register)
    monkeypatch.setattr(finish_child, "finish_child", lambda: stage.finish_child)
    return stage


def test_advance_runs_the_cheap_nodes_and_answers_the_next_step(stage: Stage) -> None:
    run = stage.start()

    step = advance.lambda_handler(sample("advance"), Context())

    assert (step["next"], step["work"]["node"]) == ("callback", "ask")
    assert stage.state(run).node("a").status == "completed"


def test_every_call_writes_a_line_with_tenant_run_and_correlation_id(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage.start()
    lines = LogLines(monkeypatch)

    advance.lambda_handler(sample("advance"), Context())

    (facts,) = lines.read()
    assert (facts["tenant"], facts["run_id"], facts["correlation_id"]) == ("acme", run["id"], "c-1")
    assert (facts["do"], facts["next"]) == ("start", "callback")


@pytest.mark.usefixtures("stage")
def test_an_unknown_run_is_fatal_and_says_why() -> None:
    with pytest.raises(FatalNodeError, match="not_found: there is no such run"):
        advance.lambda_handler(sample("advance"), Context())


def test_a_store_that_does_not_answer_is_worth_another_try(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise UpstreamUnavailable("the table is busy")

    monkeypatch.setattr(stage.events, "read", fail)

    with pytest.raises(RetryableNodeError, match="upstream_unavailable"):
        advance.lambda_handler(sample("advance"), Context())


def test_callbacks_keeps_the_token_of_the_waiting_node(stage: Stage) -> None:
    run = stage.start()
    advance.lambda_handler(sample("advance"), Context())

    answer = callbacks.lambda_handler(sample("callback"), Context())

    kept = stage.callbacks.get("acme", run["id"], "ask")
    assert answer is None
    assert kept is not None
    assert kept.token == "AQCEAAAAKgAAAAMAAAAA"


def test_finish_child_acknowledges_runs_that_are_nobodys_children(stage: Stage) -> None:
    stage.start()

    assert finish_child.lambda_handler(sample("run_ended"), Context()) == {"batchItemFailures": []}
