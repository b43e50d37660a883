"""Events and triggers: what matches starts runs, once; what goes round in circles stops; nothing crosses tenants."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.rates import MemoryRateStore
from heddle.application.execution.step import RunRef
from heddle.application.runs.request_run import RequestRun
from heddle.application.triggers.ancestry import Ancestry
from heddle.application.triggers.match_events import MatchEvents
from heddle.errors import Conflict
from heddle.testing.api import ApiStage, Caller


class Bench:
    """A stage, its editor, and the matcher over its stores."""

    def __init__(self) -> None:
        self.stage = ApiStage()
        ports = self.stage.ports
        self.editor = self.stage.user("edda", tenant="acme", roles=("editor",))
        self.editor.post(
            "/workflows", {"name": "w", "nodes": [{"id": "a", "type": "template", "config": {"template": "x"}}]}
        )
        ancestry = Ancestry(ports.events)
        self.match = MatchEvents(
            ports.triggers,
            self.stage.services.fire_trigger,
            ports.firings,
            MemoryRateStore(),
            ancestry.chain,
            ancestry.finished,
            self.stage.now,
        )

    def trigger(self, kind: str = "event", caller: Caller | None = None, **config: Any) -> str:
        body = {"name": "t", "kind": kind, "workflow_id": "w", "config": config}
        found: str = (caller or self.editor).post("/triggers", body).json["id"]
        self.stage.pass_time(timedelta(seconds=11))  # what listens is kept for ten seconds
        return found

    def outcomes(self, trigger_id: str) -> list[tuple[str, str | None]]:
        items = self.editor.get(f"/triggers/{trigger_id}/history").json["items"]
        return [(each["outcome"], each["code"]) for each in items]

    def finish(self, run_id: str) -> dict[str, Any]:
        """Carry a run out, and return the bus's event of its end."""
        run: RunRef = {"tenant": "acme", "id": run_id, "correlation_id": "c"}
        self.stage.services.wait_for_run(run, carry_out=True, seconds=5)
        return {
            "id": f"end-{run_id}",
            "source": "heddle",
            "detail-type": "RunSucceeded",
            "detail": {"tenant": "acme", "stream": {"type": "run", "id": run_id}, "data": {}},
        }


def custom(kind: str = "OrderPaid", tenant: str = "acme", event_id: str = "e1", **data: Any) -> dict[str, Any]:
    detail = {"tenant": tenant, "source": "shop", "data": data}
    return {"id": event_id, "source": "heddle.custom", "detail-type": kind, "detail": detail}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_event_that_matches_starts_one_run_however_often_it_comes(bench: Bench) -> None:
    trigger_id = bench.trigger(pattern={"detail-type": ["OrderPaid"], "detail": {"total": [{"numeric": [">", 10]}]}})

    assert bench.match(custom(total=40)) == 1
    assert bench.match(custom(total=40)) == 0
    assert bench.match(custom(total=40, event_id="e2")) == 1
    assert bench.match(custom(total=4, event_id="e3")) == 0
    assert bench.match(custom("OrderLost", event_id="e4")) == 0
    assert bench.outcomes(trigger_id) == [("started", None)] * 2


def test_the_event_is_what_the_mapping_sees(bench: Bench) -> None:
    trigger_id = bench.trigger(pattern={"source": ["shop"]})
    bench.editor.patch(
        f"/triggers/{trigger_id}", {"input": {"n": "{{ trigger.detail.total }}", "s": "{{ trigger.source }}"}}
    )
    bench.stage.pass_time(timedelta(seconds=11))
    bench.match(custom(total=40))

    run_id = bench.editor.get(f"/triggers/{trigger_id}/history").json["items"][0]["run_id"]

    assert bench.editor.get(f"/runs/{run_id}").json["input"] == {"n": 40, "s": "shop"}


def test_an_event_of_another_tenant_starts_nothing(bench: Bench) -> None:
    trigger_id = bench.trigger(pattern={"detail-type": ["OrderPaid"]})

    assert bench.match(custom(tenant="evil")) == 0
    assert bench.match({**custom(), "source": "aws.s3"}) == 0
    assert bench.match({"id": "x", "source": "heddle", "detail-type": "OrderPaid", "detail": "text"}) == 0
    assert bench.outcomes(trigger_id) == []


def test_a_disabled_trigger_does_not_listen(bench: Bench) -> None:
    trigger_id = bench.trigger(pattern={"detail-type": ["OrderPaid"]})
    bench.editor.post(f"/triggers/{trigger_id}/disable")
    bench.stage.pass_time(timedelta(seconds=11))

    assert bench.match(custom()) == 0


def test_a_run_that_ends_starts_what_waits_for_it_with_its_output(bench: Bench) -> None:
    first = bench.editor.post("/workflows/w/execute", {}).json["run_id"]
    trigger_id = bench.trigger("run", workflow_id="w", statuses=["succeeded"])
    other = bench.trigger("run", workflow_id="elsewhere")

    assert bench.match(bench.finish(first)) == 1
    assert bench.outcomes(other) == []
    run_id = bench.editor.get(f"/triggers/{trigger_id}/history").json["items"][0]["run_id"]
    assert bench.editor.get(f"/runs/{run_id}").json["trigger"] == "run"


def test_a_trigger_that_leads_to_itself_is_stopped_and_says_so(bench: Bench) -> None:
    first = bench.editor.post("/workflows/w/execute", {}).json["run_id"]
    trigger_id = bench.trigger("run", workflow_id="w")
    bench.match(bench.finish(first))
    second = bench.editor.get(f"/triggers/{trigger_id}/history").json["items"][0]["run_id"]

    assert bench.match(bench.finish(second)) == 0
    assert bench.outcomes(trigger_id) == [("stopped", "trigger_loop"), ("started", None)]


def test_eight_triggers_may_follow_from_each_other_and_the_ninth_is_stopped(bench: Bench) -> None:
    pattern = {"detail-type": ["OrderPaid"]}
    trigger_id = bench.trigger(pattern=pattern)
    bench.match.chain_of = lambda tenant, run_id: tuple(f"trg_{n}" for n in range(depth))

    def emitted(event_id: str) -> dict[str, Any]:
        detail = {"tenant": "acme", "run_id": "R1", "source": "w", "data": {}}
        return {"id": event_id, "source": "heddle.workflow", "detail-type": "OrderPaid", "detail": detail}

    depth = 7
    assert bench.match(emitted("e1")) == 1
    depth = 8
    assert bench.match(emitted("e2")) == 0
    assert ("stopped", "trigger_loop") in bench.outcomes(trigger_id)


def test_what_may_succeed_later_is_delivered_again_and_not_in_the_history(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger_id = bench.trigger(pattern={"detail-type": ["OrderPaid"]})

    def busy(*_: object, **__: object) -> None:
        raise Conflict("others write", code="projection_busy", retryable=True)

    with monkeypatch.context() as crowded:
        crowded.setattr(RequestRun, "__call__", busy)
        with pytest.raises(Conflict):
            bench.match(custom())

    assert bench.outcomes(trigger_id) == []
    assert bench.match(custom()) == 1


def test_the_history_of_a_run_is_read_once_for_all_who_wait_for_its_end(bench: Bench) -> None:
    first = bench.editor.post("/workflows/w/execute", {}).json["run_id"]
    for _ in range(3):
        bench.trigger("run", workflow_id="w")
    read, finished = [], bench.match.finished

    def counted(tenant: str, run_id: str) -> Any:
        read.append(run_id)
        return finished(tenant, run_id)

    bench.match.finished = counted

    assert bench.match(bench.finish(first)) == 3
    assert read == [first]


def test_more_events_than_a_trigger_takes_in_a_minute_are_stopped(bench: Bench) -> None:
    trigger_id = bench.trigger(pattern={"detail-type": ["OrderPaid"]}, per_minute=3)
    at = datetime.now(UTC) + timedelta(minutes=5)
    bench.match.now = lambda: at

    started = [bench.match(custom(event_id=f"e{n}")) for n in range(5)]

    assert started == [1, 1, 1, 0, 0]
    assert ("stopped", "rate_limited") in bench.outcomes(trigger_id)


@pytest.mark.parametrize(
    ("event", "code", "field"),
    [
        ({"type": ""}, "invalid_event", "events[0].type"),
        ({"type": "x" * 129}, "invalid_event", "events[0].type"),
        ({"type": "A", "source": "aws.s3"}, "invalid_event", "events[0].source"),
        ({"type": "A", "source": "heddle"}, "invalid_event", "events[0].source"),
        ({"type": "A", "data": [1]}, "invalid_event", "events[0].data"),
        ({"type": "A", "datas": {}}, "invalid_event", "events[0].datas"),
    ],
)
def test_what_is_no_event_is_refused_and_none_is_put(
    bench: Bench, event: dict[str, Any], code: str, field: str
) -> None:
    refused = bench.editor.post("/events", {"events": [event]})

    assert (refused.status, refused.json["code"]) == (400, code)
    assert refused.json["errors"][0]["field"] == field
    assert bench.stage.ports.custom_events.events == []


def test_events_are_put_together_or_not_at_all(bench: Bench) -> None:
    good = {"type": "OrderPaid", "source": "shop", "data": {"n": 1}}

    answer = bench.editor.post("/events", {"events": [good, good]})
    late = bench.editor.post("/events", {"events": [good, {"type": 7}]})
    large = bench.editor.post("/events", {"events": [{"type": "A", "data": {"x": "y" * 300_000}}]})

    assert (answer.status, answer.json["refused"], len(answer.json["ids"])) == (202, 0, 2)
    assert (late.status, large.status, large.json["code"]) == (400, 413, "event_too_large")
    assert len(bench.stage.ports.custom_events.events) == 2
    assert '"tenant":"acme"' in bench.stage.ports.custom_events.events[0][1]
