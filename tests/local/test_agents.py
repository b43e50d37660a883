"""Agents on the real stage: by every SDK, with their tools, exact in what they cost, and when a function is killed."""

import os
import secrets
import signal
from decimal import Decimal
from typing import Any

import pytest

from heddle_sdk.runs import Run
from tests.contract.model_servers.server import Call, ModelServer, Reply
from tests.local.backstage import Backstage
from tests.local.conftest import wait_until
from tests.local.tenants import ANTHROPIC, BEDROCK, MANUAL, OPENAI, Tenant, asks
from tests.support.upstream import Upstream

MINUTES = {
    "name": "Minutes",
    "nodes": [{"id": "count", "type": "transform", "config": {"value": "{{ input.hours * 60 }}"}}],
    "outputs": {"minutes": "{{ nodes.count.output }}"},
}
FUNCTIONS = {OPENAI: "nodes/llm_openai", ANTHROPIC: "nodes/llm_anthropic", BEDROCK: "nodes/llm"}


def agent(model: str, prompt: str, *tools: dict[str, Any]) -> dict[str, Any]:
    config = {"model": model, "prompt": prompt, "context": MANUAL, "tools": [*tools], "max_tokens": 500}
    return {"id": "helper", "type": "agent", "config": config}


def fetches(upstream: Upstream) -> dict[str, Any]:
    who = {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]}
    url = f"{upstream.url}/echo/{{{{ args.who | urlencode }}}}"
    return {"type": "http", "name": "greet", "description": "Greets.", "parameters": who, "config": {"url": url}}


@pytest.fixture(scope="module")
def answered(tenant: Tenant, model_providers: ModelServer, upstream: Upstream) -> dict[str, tuple[str, Run]]:
    """Return an agent's run by model, each with the word in its prompt: all at once, because each takes a while."""
    hours = {"type": "object", "properties": {"hours": {"type": "number"}}, "required": ["hours"]}
    minutes: dict[str, Any] = {"type": "workflow", "name": "minutes"}
    minutes["workflow_id"] = tenant.client.workflows.ensure(MINUTES)
    minutes |= {"description": "Turns hours into minutes.", "parameters": hours}
    begun = {}
    for number, model in enumerate(FUNCTIONS):
        word = f"w{secrets.token_hex(4)}"
        calls = (Call("search", {"query": "How often is it oiled?"}), Call("minutes", {"hours": 2}))
        first = Reply("Let me look.", calls=(*calls, Call("greet", {"who": word})))
        last = Reply("Every 120 minutes [1].", input_tokens=1234, output_tokens=77)
        model_providers.script([first, last], about=word)
        node = agent(model, f"{word}: how often is the belt oiled?", {"type": "search"}, minutes, fetches(upstream))
        begun[model] = word, tenant.client.runs.start(tenant.client.workflows.ensure(asks(f"Belt {number}", node)))
    return {model: (word, run.wait(60)) for model, (word, run) in begun.items()}


@pytest.mark.parametrize("model", FUNCTIONS)
def test_an_agent_answers_with_its_tools_and_every_step_is_written_down(
    model: str,
    tenant: Tenant,
    answered: dict[str, tuple[str, Run]],
    model_providers: ModelServer,
    upstream: Upstream,
    backstage: Backstage,
) -> None:
    word, run = answered[model]

    assert run.status == "succeeded", run.error
    last, events = run.output["last"], list(run.conversation("helper"))
    assert (last["text"], f"{last['provider']}/{last['model']}") == ("Every 120 minutes [1].", model)
    assert last["citations"][0]["text"] == "Oil the belt every two hours."
    assert [(call["tool"], call["is_error"]) for call in last["tool_calls"]] == [
        (tool, False) for tool in ("search", "minutes", "greet")
    ]
    assert upstream.calls[("GET", f"/echo/{word}")] == 1
    assert [event.type for event in events] == ["ModelCalled", "ToolCalled", "ToolCalled", "ToolCalled", "ModelCalled"]
    told = str(model_providers.asked(word)[1])
    assert all(part in told for part in ("Oil the belt every two hours", "120", "said"))
    assert backstage.processes(FUNCTIONS[model]), "the function that has this provider's SDK did it"


@pytest.mark.parametrize("model", FUNCTIONS)
def test_ledger_usage_and_run_agree_to_the_last_digit(
    model: str, tenant: Tenant, answered: dict[str, tuple[str, Run]]
) -> None:
    _, run = answered[model]
    provider, _, name = model.partition("/")

    lines = list(tenant.client.usage.of_run(run.id))
    report = tenant.client.usage.report(by=["provider", "model"], workflow=run.workflow_id)

    assert [(line["step"], line["provider"], line["model"], line["outcome"]) for line in lines] == [
        (step, provider, name, "ok") for step in (1, 2)
    ]
    assert tenant.cost(run) == tenant.price(model) + tenant.price(model, 1234, 77)
    (used,) = (node.usage for node in run.nodes)
    shown = {run.cost_usd, run.cost["models_usd"], used["cost_usd"], report.totals["cost_usd"]}
    assert {Decimal(text) for text in shown} == {tenant.cost(run)}
    assert (report.totals["calls"], report.totals["input_tokens"], report.totals["output_tokens"]) == (2, 2234, 177)
    assert [group["group"] for group in report.groups] == [{"provider": provider, "model": name}]


def test_a_function_killed_in_the_middle_of_an_agent_does_not_repeat_what_is_recorded(
    tenant: Tenant, model_providers: ModelServer, upstream: Upstream, backstage: Backstage, word: str
) -> None:
    first = Reply("Let me look.", calls=(Call("greet", {"who": word}),))
    model_providers.script([first, Reply(fault="slow"), Reply("Done.")], about=word)
    workflow = tenant.client.workflows.ensure(asks("Killed", agent(OPENAI, word, fetches(upstream))))
    tenant.client.budgets.create(
        id=word, scope="workflow", subject=workflow, period="total", limit_usd="1", action="warn"
    )
    run = tenant.client.runs.start(workflow, mode="standard")
    wait_until(lambda: len(model_providers.asked(word)) == 2, 30, "the model is asked the second time")

    for process in backstage.processes(FUNCTIONS[OPENAI]):
        os.kill(process, signal.SIGKILL)
    run = run.wait(60)

    assert (run.status, run.output["last"]["text"]) == ("succeeded", "Done."), run.error
    assert len(model_providers.asked(word)) == 3, "the first answer was paid for once"
    assert upstream.calls[("GET", f"/echo/{word}")] == 1
    assert [line["step"] for line in tenant.client.usage.of_run(run.id)] == [1, 2]
    status = tenant.client.budgets.get(word).status
    assert status and Decimal(status["spent_usd"]) == tenant.cost(run) == 2 * tenant.price(OPENAI)
    assert Decimal(status["reserved_usd"]) > 0, "the killed call may have cost something: until the sweeper books it"
