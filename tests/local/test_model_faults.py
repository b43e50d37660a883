"""What goes wrong with models on a real stage, what is not asked of them, and that no other tenant sees any of it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from heddle_sdk.errors import InvalidRequest, NotFound
from heddle_sdk.runs import Run
from tests.contract.model_servers.server import Call, ModelServer, Reply
from tests.local.backstage import Backstage
from tests.local.tenants import ANTHROPIC, BEDROCK, OPENAI, Tenant, asks, llm, tenant_of_its_own
from tests.support.upstream import Upstream

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture(scope="module")
def stranger(backstage: Backstage, stage: dict[str, str]) -> Iterator[Tenant]:
    with tenant_of_its_own(backstage, stage["api_url"]) as made:
        yield made


def agent(prompt: str, *, url: str = "https://example.com", **config: Any) -> dict[str, Any]:
    tool = {"type": "http", "name": "weather", "description": "Tells the weather.", "parameters": CITY}
    tools = [tool | {"config": {"url": url}}]
    config = {"model": OPENAI, "prompt": prompt, "tools": tools, "max_tokens": 100, **config}
    return {"id": "ask", "type": "agent", "config": config, "retry": {"max_attempts": 1}}


def run_all(tenant: Tenant, nodes: dict[str, dict[str, Any]], **options: Any) -> dict[str, Run]:
    """Run each node as a workflow of its own, all at once, to their ends."""
    runs = {
        name: tenant.client.runs.start(tenant.client.workflows.ensure(asks(name, node)), **options)
        for name, node in nodes.items()
    }
    return {name: run.wait(60) for name, run in runs.items()}


def codes(runs: dict[str, Run]) -> dict[str, str]:
    return {name: run.error["code"] if run.error else run.status for name, run in runs.items()}


def test_what_providers_refuse_has_the_same_names_whoever_says_it(
    tenant: Tenant, stranger: Tenant, model_providers: ModelServer
) -> None:
    stranger.secret("anthropic-api-key", "wrong-key")

    runs = run_all(
        tenant,
        {
            "no key": llm("ask", "Hello?", "gemini/gemini-3.8-flash"),
            "quota": llm("ask", "please-quota"),
            "filtered answer": llm("ask", "please-filter", ANTHROPIC),
            "filtered prompt": llm("ask", "please-filtered", BEDROCK),
            "too long after all": llm("ask", "please-too-long", ANTHROPIC),
            "no such model": llm("ask", "Hello?", "openai/nobody-knows-it"),
        },
    )
    wrong = run_all(stranger, {"wrong key": llm("ask", "Hello?", ANTHROPIC)})

    assert codes(runs) == {
        "no key": "llm_auth",
        "quota": "llm_quota_exceeded",
        "filtered answer": "llm_refused",
        "filtered prompt": "llm_refused",
        "too long after all": "llm_context_too_long",
        "no such model": "llm_model_unpriced",
    }
    assert codes(wrong) == {"wrong key": "llm_auth"}
    assert "`gemini-api-key`" in str(runs["no key"].error)
    assert "wrong-key" not in str(wrong["wrong key"].error)


def test_what_does_not_fit_is_refused_with_its_count_before_anybody_is_asked(
    tenant: Tenant, model_providers: ModelServer, word: str
) -> None:
    text = {"type": "object", "properties": {"text": {"type": "string"}}}
    long = f"{word} " + "loom " * 1_000_000
    document = asks("Five megabytes", llm("ask", "{{ input.text }}")) | {"input": text}

    runs = run_all(tenant, {"a window of 8,192": llm("ask", word + " loom" * 9000, "openai/gpt-4")})
    large = tenant.client.run(document, {"text": long}, wait=60)

    (small,) = runs.values()
    for run, least in ((small, 9000), (large, 1_000_000)):
        assert run.error and run.error["code"] == "llm_context_too_long", run
        count = re.search(r"has (?:about )?(\d+) tokens", run.error["message"])
        assert count and int(count[1]) >= least
    assert model_providers.asked(word) == []
    assert list(tenant.client.usage.of_run(large.id)) == []


def test_streams_and_answers_without_an_end_are_ended(tenant: Tenant) -> None:
    nodes = {
        "a flood": llm("ask", "please-flood"),
        "drops": llm("ask", "please-endless", ANTHROPIC, timeout=2),
        "silence": llm("ask", "please-slow", BEDROCK, timeout=2),
    }

    live = run_all(tenant, nodes, live=True)
    whole = run_all(tenant, {"spaces": llm("ask", "please-drip", timeout=2)})

    assert codes(live | whole) == {
        "a flood": "llm_bad_response",
        "drops": "llm_timeout",
        "silence": "llm_timeout",
        "spaces": "llm_timeout",
    }


def test_agents_survive_bad_calls_and_slow_tools_and_end_where_they_go_in_circles(
    tenant: Tenant, model_providers: ModelServer, upstream: Upstream, word: str
) -> None:
    again = Reply("", calls=(Call("weather", {"city": "Rome"}),))
    model_providers.script([again] * 20, about=word)

    runs = run_all(
        tenant,
        {
            "malformed": agent("please-malformed", url=f"{upstream.url}/echo/never"),
            "slow tool": agent("please-tool", url=f"{upstream.url}/slow", tool_timeout=1),
            "circles": agent(word, url=f"{upstream.url}/echo/{word}", max_steps=3),
        },
    )

    assert codes(runs) == {"malformed": "succeeded", "slow tool": "succeeded", "circles": "agent_step_limit"}
    for name, told in (("malformed", "JSON"), ("slow tool", "tool_timeout")):
        (tried,) = runs[name].output["last"]["tool_calls"]
        result = next(event for event in runs[name].conversation("ask") if event.type == "ToolCalled")
        assert tried["is_error"]
        assert told in str(result.data["result"])
    assert len(model_providers.asked(word)) == 3
    assert upstream.calls[("GET", "/echo/never")] == 0


def test_secrets_are_not_for_prompts(tenant: Tenant, word: str) -> None:
    with pytest.raises(InvalidRequest) as inline:
        tenant.client.workflows.save(asks(word, llm("ask", "{{ secrets.openai }}")))
    with pytest.raises(InvalidRequest) as registered:
        tenant.client.prompts.save({"name": word, "content": "{{ secrets.openai }}"})

    assert "secrets" in str(inline.value.problems)
    assert "PROMPT_SECRET" in str(registered.value.problems)


def test_another_tenant_sees_nothing_of_ones_models_and_money(tenant: Tenant, stranger: Tenant, word: str) -> None:
    ours, theirs = tenant.client, stranger.client
    ours.budgets.create(id=word, scope="tenant", period="total", limit_usd="100", action="warn")
    ours.prompts.save({"name": word, "content": "Hello"})
    ours.models.set_alias(word, OPENAI)
    ours.providers.save(word, "azure-openai", base_url="https://example.com", default_model="gpt-5-mini")
    ours.models.save_settings(cache_seconds=7)
    run = ours.run(asks(word, llm("ask", word)), live=True, wait=30)
    ours.ai.stop(word, reason="ours")
    seen = replace(run, transport=theirs._transport)
    looks: list[Callable[[], Any]] = [
        lambda: theirs.budgets.get(word),
        lambda: theirs.prompts.get(word),
        lambda: list(theirs.usage.of_run(run.id)),
        lambda: list(seen.stream()),
        lambda: list(seen.conversation("ask")),
        lambda: theirs.usage.forecast(run.workflow_id),
    ]

    for look in looks:
        with pytest.raises(NotFound):
            look()
    assert any(ours.usage.of_run(run.id))
    assert any(run.stream())
    assert any(run.conversation("ask"))
    assert list(theirs.budgets.list()) == []
    assert theirs.usage.report(workflow=run.workflow_id).totals["calls"] == 0
    assert not theirs.ai.status().workflows
    assert word not in {provider.name for provider in theirs.providers.list()}
    assert word not in {alias.name for alias in theirs.models.aliases()}
    assert theirs.models.settings()["cache_seconds"] == 0
    assert run.id not in {line["run_id"] for line in theirs.usage.calls()}
