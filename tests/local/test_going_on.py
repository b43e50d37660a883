"""Runs that stop and go on, as their users see it on a real stage: cancelled, decided, failed, retried, parked."""

import json
import secrets
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from heddle_cli.stage.seed import create_user
from heddle_sdk import Client
from heddle_sdk.errors import Conflict
from heddle_sdk.runs import Run
from tests.local.backstage import Backstage, Neighbour, call, chain, neighbour, statuses
from tests.local.conftest import Cli, wait_until


@pytest.fixture(scope="module")
def server(backstage: Backstage) -> Iterator[Neighbour]:
    with neighbour() as server, backstage.environment("nodes/http", HTTP_ALLOWED_HOSTS=server.address):
        yield server


@pytest.fixture
def name() -> str:
    """Return a name for this test's requests alone."""
    return secrets.token_hex(4)


def waits_now(run: Run) -> bool:
    return run.reload().status == "waiting"


def nothing_runs(backstage: Backstage, run: Run) -> bool:
    return "RUNNING" not in backstage.executions(run.id).values()


def is_parked(heddle: Cli, run: Run) -> bool:
    return "parked" in heddle("logs", "dispatch_run", "--run", run.id, "--json").stdout


def test_a_cancelled_run_stops_where_it_waits(
    client: Client, backstage: Backstage, server: Neighbour, name: str
) -> None:
    waits: dict[str, dict[str, Any]] = {
        "delay": {"type": "delay", "config": {"seconds": 3600}},
        "approval": {"type": "approval", "config": {"message": "Go on?"}},
    }
    runs = {}
    for kind, wait in waits.items():
        document = chain(server, f"{kind}-{name}", {"id": "middle", **wait})
        runs[kind] = client.runs.start(client.workflows.ensure(document))
    for run in runs.values():
        wait_until(partial(waits_now, run), 30, "the run waits")

    ended = {kind: run.cancel("no longer needed").wait(30) for kind, run in runs.items()}

    for kind, run in ended.items():
        assert (run.status, statuses(run)["middle"]) == ("cancelled", "cancelled")
        assert "behind" not in statuses(run)
        wait_until(partial(nothing_runs, backstage, run), 30, "its execution has ended")
        assert server.count(f"/echo/behind-{kind}-{name}") == 0
        assert list(run.events())[-1].data["reason"] == "no longer needed"
    assert {run.id for run in ended.values()}.isdisjoint(approval.run_id for approval in client.approvals.list())
    with pytest.raises(Conflict):
        client.approvals.decide(f"{ended['approval'].id}.middle", "approve")

    resumed = ended["approval"].resume()
    wait_until(partial(waits_now, resumed), 30, "the run waits again")
    client.approvals.decide(f"{resumed.id}.middle", "approve")

    assert resumed.wait(30).status == "succeeded"
    assert server.count(f"/echo/before-approval-{name}") == 1


def test_an_approval_that_nobody_gives_takes_its_default(client: Client) -> None:
    def ask(default: str) -> Run:
        node = {"id": "ask", "type": "approval", "config": {"message": "?", "timeout": 1, "default": default}}
        document = {"name": f"Ask {default}", "nodes": [node], "outputs": {"was": "{{ nodes.ask.output }}"}}
        return client.runs.start(client.workflows.ensure(document))

    approved, rejected, failed = (run.wait(30) for run in [ask("approve"), ask("reject"), ask("fail")])

    assert (approved.status, approved.output["was"]["approved"]) == ("succeeded", True)
    assert (rejected.status, rejected.output["was"]["approved"]) == ("succeeded", False)
    assert approved.output["was"]["timed_out"] and approved.output["was"]["by"] is None
    assert (failed.status, failed.error and failed.error["code"]) == ("failed", "approval_timed_out")


def test_a_sub_run_that_fails_fails_its_node_and_names_the_run(client: Client, server: Neighbour, name: str) -> None:
    child = {"name": f"Child {name}", "nodes": [call("work", server.url(f"/fails/{name}"))]}
    child_id = client.workflows.ensure(child)

    def parent(**fields: Any) -> dict[str, Any]:
        node = {"id": "sub", "type": "workflow", "config": {"workflow_id": child_id}, **fields}
        title = f"Parent {name} {len(fields)}"
        return {"name": title, "nodes": [node], "outputs": {"sub": "{{ nodes.sub.output }}"}}

    strict, lenient = (
        client.runs.start(client.workflows.ensure(document))
        for document in (parent(), parent(on_error="continue", fallback={"nothing": True}))
    )
    strict, lenient = strict.wait(60), lenient.wait(60)

    assert (strict.status, strict.error and strict.error["code"]) == ("failed", "subrun_failed")
    assert (lenient.status, lenient.output) == ("succeeded", {"sub": {"nothing": True}})

    def of_child() -> dict[str, str]:
        return {run.id: run.status for run in client.runs.list(workflow_id=child_id)}

    wait_until(lambda: list(of_child().values()) == ["failed", "failed"], 30, "both are listed as failed")
    assert strict.error is not None and any(run_id in strict.error["message"] for run_id in of_child())

    server.well.add(name)
    again = strict.retry().wait(60)

    assert again.id == strict.id and again.status == "succeeded"


def test_a_failed_run_goes_on_from_where_it_stopped(
    client: Client, backstage: Backstage, server: Neighbour, name: str
) -> None:
    document = chain(server, name, call("middle", server.url(f"/fails/{name}")))
    failed = client.run(document, wait=60, mode="standard")
    server.well.add(name)

    resumed = failed.retry().wait(60)

    assert (failed.status, failed.error and failed.error["code"]) == ("failed", "http_status")
    assert (resumed.id, resumed.status) == (failed.id, "succeeded")
    assert server.count(f"/echo/before-{name}") == 1
    assert server.count(f"/fails/{name}") == 2
    assert next(node.attempt for node in resumed.nodes if node.node_id == "middle") == 2
    assert sorted(backstage.executions(failed.id)) == [failed.id, f"{failed.id}-1"]


def test_a_correlation_id_goes_all_the_way(
    client: Client, heddle: Cli, stage: dict[str, str], server: Neighbour, name: str
) -> None:
    workflow = client.workflows.ensure(chain(server, name, call("middle", server.url(f"/echo/middle-{name}"))))
    mine = f"mine-{name}"

    answer = httpx.post(
        f"{stage['api_url']}/workflows/{workflow}/execute",
        json={"input": {}, "mode": "standard"},
        headers={"X-Api-Key": stage["api_key"], "X-Correlation-ID": mine},
    )
    run = client.runs.get(answer.json()["run_id"]).wait(60)

    assert (answer.status_code, answer.headers["x-correlation-id"]) == (202, mine)
    assert {event.metadata["correlation_id"] for event in run.events()} == {mine}
    for place in ("before", "middle", "behind"):
        assert server.headers(f"/echo/{place}-{name}")["x-correlation-id"] == mine
    logged = heddle("logs", "--correlation-id", mine, "--json").stdout.splitlines()
    functions = {json.loads(line)["function"] for line in logged}
    assert {"api/rest", "queue/dispatch_run", "engine/advance", "nodes/http"} <= functions


def test_a_full_tenant_waits_in_line_and_keeps_nobody_else_waiting(
    client: Client, heddle: Cli, backstage: Backstage, stage: dict[str, str], server: Neighbour, name: str
) -> None:
    tenant, user, password = f"busy-{name}", f"busy-{name}@heddle.local", f"Heddle-{name}-1a"
    cognito, pool = backstage.client("cognito-idp"), backstage.outputs["UserPoolId"]
    create_user(cognito, pool, user=user, password=password, tenant=tenant, role="editor")

    def start(of: Client, path: str) -> Run:
        document = {"name": f"Call {path}", "nodes": [call("call", server.url(f"/{path}"))]}
        return of.runs.start(of.workflows.ensure(document), mode="standard")

    heddle.json("limits", "set", "concurrent_runs=2", "--tenant", tenant)
    with (
        backstage.environment("queue/dispatch_run", FRESH=name),  # sandboxes that have not read any limits yet
        Client(stage["api_url"], user=user, password=password) as busy,
    ):
        runs = []
        for number in range(5):
            runs.append(start(busy, f"slow/{name}-{number}"))
            if number < 2:
                server.asked(f"/slow/{name}-{number}")
            else:
                wait_until(partial(is_parked, heddle, runs[-1]), 30, "the run is parked")
        other = start(client, f"echo/other-{name}").wait(30)
        begun = server.paths(f"/slow/{name}-")
        for number in range(5):
            server.open(f"{name}-{number}")
            if number < 3:
                server.asked(f"/slow/{name}-{number + 2}")
        ended = [run.wait(60).status for run in runs]

    assert other.status == "succeeded"
    assert begun == [f"/slow/{name}-{number}" for number in (0, 1)]
    assert server.paths(f"/slow/{name}-") == [f"/slow/{name}-{number}" for number in range(5)]
    assert ended == ["succeeded"] * 5
