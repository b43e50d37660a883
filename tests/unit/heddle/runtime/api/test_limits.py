"""What a tenant may do: each sees its own, as it is now, and starts that wait for their run are counted too."""

from dataclasses import replace

from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import Connection
from heddle.domain.limits import NAMES, Limits
from heddle.testing.api import ApiStage, Caller

GREETING = {"name": "hello", "nodes": [{"id": "hi", "type": "template", "config": {"template": "Hello"}}]}


def test_a_tenant_sees_every_limit_as_it_is_now(stage: ApiStage, viewer: Caller) -> None:
    before = viewer.get("/limits").json

    stage.ports.limits.tenants["acme"] = replace(Limits(), concurrent_runs=7)
    after = viewer.get("/limits").json

    assert set(before["limits"]) == set(NAMES)
    assert before["limits"]["concurrent_runs"] == 50
    assert after["limits"] == {**before["limits"], "concurrent_runs": 7}


def test_a_tenant_sees_how_much_of_it_is_in_use_and_nothing_of_others(
    stage: ApiStage, viewer: Caller, stranger: Caller
) -> None:
    ada = Connection("c1", Principal("acme", "user:ada", ("editor",), ("*",)), "s1", 0, 7200, 0, {})
    stage.services.people.connections.add(ada, per_user=5, per_tenant=5)
    for run_id in ("a", "b"):
        stage.ports.slots.acquire("acme", run_id, limit=5)
    stage.ports.limits.tenants["acme"] = replace(Limits(), concurrent_runs=7)

    assert viewer.get("/limits").json["in_use"] == {"concurrent_runs": 2, "connections": 1}
    other = stranger.get("/limits").json
    assert other["in_use"] == {"concurrent_runs": 0, "connections": 0}
    assert other["limits"]["concurrent_runs"] == 50


def test_a_run_that_is_waited_for_is_counted_and_above_the_rate_the_queue_starts_it(
    stage: ApiStage, editor: Caller
) -> None:
    editor.post("/workflows", GREETING)
    stage.ports.limits.tenants["acme"] = replace(Limits(), starts_per_second=0.001, start_burst=2)

    answers = [editor.post("/workflows/hello/execute?wait=1", {}) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 202]
    delays = {run["id"]: delay for run, _, delay in stage.ports.queue.sent}
    assert delays[answers[2].json["run_id"]] == 0, "the queue does not hold back what nobody carries out"
    assert delays[answers[0].json["id"]] > 0
    assert editor.get(f"/runs/{answers[2].json['run_id']}").json["status"] == "queued"


def test_the_rate_of_a_tenant_is_not_that_of_another(stage: ApiStage, editor: Caller) -> None:
    other = stage.user("eve", tenant="globex", roles=("editor",))
    stage.ports.limits.default = replace(Limits(), starts_per_second=0.001, start_burst=1)
    for caller in (editor, other):
        caller.post("/workflows", GREETING)

    assert [caller.post("/workflows/hello/execute?wait=1", {}).status for caller in (editor, other)] == [200, 200]


def test_a_repeated_request_takes_no_second_start(stage: ApiStage, editor: Caller) -> None:
    editor.post("/workflows", GREETING)
    stage.ports.limits.tenants["acme"] = replace(Limits(), starts_per_second=0.001, start_burst=1)

    answers = [editor.post("/workflows/hello/execute?wait=1", {}, Idempotency_Key="k") for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json["id"] == answers[1].json["id"]
