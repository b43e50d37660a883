"""Budgets and kill switches on the real stage: nothing leaks, whoever is killed, however many ask at once."""

import json
import secrets
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from heddle.adapters.aws.budgets import DynamoBudgetStore
from heddle.adapters.aws.spend import DynamoSpendStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.application.budgets.purse import BudgetPurse
from heddle.application.budgets.reserve import GRACE
from heddle.application.models.caller import Caller
from heddle.domain.money import picos
from heddle_sdk.models import Approval
from tests.contract.model_servers.server import ModelServer, Reply
from tests.local.backstage import Backstage, Neighbour, call, neighbour, statuses
from tests.local.conftest import wait_until
from tests.local.tenants import OPENAI, Tenant, asks, llm


@pytest.fixture(scope="module", autouse=True)
def abandoned(tenant: Tenant) -> str:
    """Return a call that nobody came back for; the timer has the time of the other tests to find it."""
    return abandon(tenant)


def abandon(tenant: Tenant) -> str:
    """Reserve 0.25 USD as a function does that is killed, so long ago that it has lapsed; return the call's id."""
    began, call_id = datetime.now(UTC) - GRACE - timedelta(seconds=10), f"abandoned-{secrets.token_hex(4)}"
    dynamo, table = tenant.backstage.client("dynamodb"), tenant.backstage.outputs["SpendTable"]
    budgets, events = DynamoBudgetStore(dynamo, table), MemoryEventStore()
    purse = BudgetPurse(DynamoSpendStore(dynamo, table), budgets, events, lambda: began, lambda: 0.5, lambda _: None)
    purse.reserve(Caller(tenant.id, "user:gone", call_id), picos("0.25"), provider="openai", model="gpt-5", seconds=1)
    return call_id


def swept(tenant: Tenant, call_id: str) -> dict[str, Any] | None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return next((line for line in tenant.client.usage.calls(yesterday) if line["call_id"] == call_id), None)


def budget(tenant: Tenant, name: str, workflow: str, limit: str, **more: Any) -> None:
    tenant.client.budgets.create(
        id=name, scope="workflow", subject=workflow, period="total", limit_usd=limit, **({"action": "block"} | more)
    )


def status(tenant: Tenant, name: str) -> dict[str, Decimal]:
    found = tenant.client.budgets.get(name).status
    assert found is not None
    return {key: Decimal(found[f"{key}_usd"]) for key in ("spent", "reserved", "limit", "left")}


def test_a_budget_that_blocks_lets_nobody_ask(tenant: Tenant, model_providers: ModelServer, word: str) -> None:
    zero = tenant.client.workflows.ensure(asks(f"Zero {word}", llm("ask", f"{word} zero")))
    small = tenant.client.workflows.ensure(asks(f"Small {word}", llm("ask", f"{word} small")))
    budget(tenant, f"{word}-zero", zero, "0")
    budget(tenant, f"{word}-small", small, "0.0001")

    runs = [tenant.client.runs.start(workflow, wait=20) for workflow in (zero, small)]
    errors = [run.wait(30).error for run in runs]

    assert [error and error["code"] for error in errors] == ["budget_exceeded"] * 2
    assert errors[1] and f"{word}-small" in errors[1]["message"]
    assert model_providers.asked(word) == []
    assert status(tenant, f"{word}-small") == {
        "spent": 0,
        "reserved": 0,
        "limit": Decimal("0.0001"),
        "left": Decimal("0.0001"),
    }


@pytest.mark.parametrize("mode", ["standard", "express"])
def test_what_a_budget_holds_back_goes_on_once_somebody_approves(
    tenant: Tenant, model_providers: ModelServer, word: str, mode: str
) -> None:
    workflow = tenant.client.workflows.ensure(asks(f"Ask first {word}", llm("ask", word)))
    budget(tenant, word, workflow, "0.0001", action="approve")
    run = tenant.client.runs.start(workflow, mode=mode)
    if mode == "express":  # a short execution cannot wait for anybody, one that is gone on with can
        error = run.wait(30).error
        assert error and error["code"] == "budget_approval_required" and "retry the run" in error["message"]
        run = run.retry()

    def waiting() -> Approval | None:
        return next((each for each in tenant.client.approvals.list() if each.run_id == run.id), None)

    approval: Approval = wait_until(waiting, 30, "somebody is asked")
    asked_before = model_providers.asked(word)
    tenant.client.approvals.decide(f"{run.id}.ask", "approve")
    run = run.wait(30)

    assert run.status == "succeeded", run.error
    assert approval.node_id == "ask"
    assert (asked_before, len(model_providers.asked(word))) == ([], 1)
    stands = status(tenant, word)
    assert (stands["spent"], stands["reserved"]) == (tenant.price(OPENAI), Decimal(0))


def test_a_budget_can_lead_to_a_cheaper_model(tenant: Tenant, model_providers: ModelServer, word: str) -> None:
    tenant.client.models.set_alias("thrifty", OPENAI)
    dear = "anthropic/claude-opus-4-5"
    workflow = tenant.client.workflows.ensure(asks(f"Thrifty {word}", llm("ask", word, dear)))
    budget(tenant, word, workflow, "0.002", action="downgrade", downgrade_to="thrifty")

    run = tenant.client.runs.start(workflow, wait=20).wait(30)

    assert run.status == "succeeded", run.error
    assert (run.output["last"]["provider"], run.output["last"]["model"]) == tuple(OPENAI.split("/"))
    (line,) = tenant.client.usage.of_run(run.id)
    assert line["alias"] == "thrifty"
    asked = model_providers.asked(f"claude {word}")
    assert [body for body in asked if "max_tokens" in body] == [], "it was asked to count, at most"


def test_a_run_and_its_sub_runs_share_one_budget(tenant: Tenant, model_providers: ModelServer, word: str) -> None:
    inner = tenant.client.workflows.ensure(asks(f"Inner {word}", llm("ask", f"{word} inner", max_tokens=1000)))
    sub = {"id": "sub", "type": "workflow", "after": ["ask"], "config": {"workflow_id": inner}}
    outer = asks(f"Outer {word}", llm("ask", f"{word} outer", max_tokens=1000), sub)
    model_providers.script([Reply(output_tokens=1000)] * 4, about=word)

    enough = tenant.client.run(outer, budget_usd="0.0055", wait=30)
    too_little = tenant.client.run(outer, budget_usd="0.0035", wait=30)

    assert enough.status == "succeeded", enough.error
    assert (too_little.status, too_little.error and too_little.error["code"]) == ("failed", "subrun_failed")
    assert too_little.error and "budget_exceeded" in too_little.error["message"]
    assert statuses(too_little) == {"ask": "completed", "sub": "failed"}
    assert len(model_providers.asked(f"{word} inner")) == 1
    assert tenant.cost(too_little) == tenant.price(OPENAI, 1000, 1000) == Decimal(too_little.cost_usd)
    assert Decimal(enough.cost_usd) == 2 * tenant.price(OPENAI, 1000, 1000)


def test_forty_calls_at_once_never_spend_more_than_there_is(tenant: Tenant, word: str) -> None:
    each = {
        "for_each": {"items": "{{ range(40) | list }}", "concurrency": 40},
        "on_error": "continue",
        "fallback": "no",
    }
    workflow = tenant.client.workflows.ensure(asks(f"Forty {word}", llm("ask", f"{word} {{{{ item }}}}", fields=each)))
    budget(tenant, word, workflow, "0.0055")
    looks, over = [], threading.Event()

    def look() -> None:
        while not over.is_set():
            looks.append(status(tenant, word))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        run = tenant.client.runs.start(workflow).wait(60)
    finally:
        over.set()
        watching.join()

    stands, answers = status(tenant, word), run.output["last"]
    refused = answers.count("no")
    assert run.status == "succeeded", run.error
    assert 0 < refused < 40
    assert max(look["spent"] + look["reserved"] for look in looks) <= Decimal("0.0055")
    assert any(look["reserved"] for look in looks), "some looks were in the middle of it"
    assert (stands["reserved"], stands["spent"]) == (Decimal(0), tenant.cost(run))
    assert stands["spent"] == (40 - refused) * tenant.price(OPENAI) == Decimal(run.cost_usd)


def test_a_kill_switch_stops_what_comes_next_in_a_run(
    tenant: Tenant, model_providers: ModelServer, backstage: Backstage, word: str
) -> None:
    with neighbour() as server, backstage.environment("nodes/http", HTTP_ALLOWED_HOSTS=server.address):
        workflow = tenant.client.workflows.ensure(stoppable(server, word))
        run = tenant.client.runs.start(workflow, mode="standard")
        server.asked(f"/slow/{word}")
        stopped = tenant.client.ai.stop(workflow, reason="enough")
        server.open(word)
        run = run.wait(30)
        behind = len(model_providers.asked(f"{word} behind"))
        tenant.client.ai.resume(workflow)
        again = run.resume().wait(30)

    assert [each["workflow_id"] for each in stopped.workflows] == [workflow]
    assert (run.status, run.error and run.error["code"]) == ("failed", "ai_stopped")
    assert run.error and "enough" in run.error["message"]
    assert behind == 0
    assert again.status == "succeeded"
    assert [len(model_providers.asked(f"{word} {place}")) for place in ("before", "behind")] == [1, 1]


def stoppable(server: Neighbour, word: str) -> dict[str, Any]:
    middle = call("middle", server.url(f"/slow/{word}"), after=("before",))
    behind = llm("behind", f"{word} behind", after=("middle",))
    return asks(f"Stoppable {word}", llm("before", f"{word} before"), middle, behind)


def test_the_timer_books_what_nobody_came_back_for(tenant: Tenant, backstage: Backstage, abandoned: str) -> None:
    pages = backstage.client("scheduler").get_paginator("list_schedules").paginate()
    found = [each for page in pages for each in page["Schedules"] if "Sweep" in each["Target"]["Arn"]]
    line = wait_until(lambda: swept(tenant, abandoned), 75, "the timer's sweep has found the call")

    assert len(found) == 1
    assert found[0]["State"] == "ENABLED"
    assert (line["outcome"], Decimal(line["cost_usd"])) == ("abandoned", Decimal("0.25"))


def test_the_sweeper_books_the_worst_case_once(tenant: Tenant, backstage: Backstage) -> None:
    call_id = abandon(tenant)
    before = swept(tenant, call_id)
    lambdas, name = backstage.client("lambda"), backstage.functions["ops/sweep_reservations"]

    settled = [json.loads(lambdas.invoke(FunctionName=name, Payload=b"{}")["Payload"].read()) for _ in range(2)]

    line = swept(tenant, call_id)
    assert before is None
    assert [answer["settled"] for answer in settled] == [1, 0]
    assert line and (line["outcome"], Decimal(line["cost_usd"])) == ("abandoned", Decimal("0.25"))
