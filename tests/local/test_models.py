"""Models on the real stage: the next of a chain, the cache of answers, registered prompts, and every node type."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.model_servers.server import ModelServer, Reply
from tests.local.backstage import Backstage
from tests.local.tenants import ANTHROPIC, BEDROCK, MANUAL, OPENAI, Tenant, asks, llm, tenant_of_its_own

NAMED = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.fixture
def other(backstage: Backstage, stage: dict[str, str]) -> Iterator[Tenant]:
    """Return a tenant that only this test has, for what is set for all of a tenant."""
    with tenant_of_its_own(backstage, stage["api_url"]) as made:
        yield made


def test_the_next_of_a_chain_answers_and_a_provider_that_fails_is_left_alone(
    other: Tenant, model_providers: ModelServer, word: str
) -> None:
    other.client.models.set_alias("careful", ANTHROPIC, OPENAI)
    model_providers.script([Reply(fault="500")] * 20, about=f"/v1/messages {word}")
    each = {"for_each": {"items": "{{ range(8) | list }}", "concurrency": 1}}
    document = asks("Careful", llm("ask", f"{word} {{{{ item }}}}", "careful", fields=each))

    run = other.client.run(document, wait=60)
    circuits = {provider.name: provider.circuit for provider in other.client.providers.list()}

    assert run.status == "succeeded", run.error
    assert {(each["provider"], each["model"]) for each in run.output["last"]} == {tuple(OPENAI.split("/"))}
    assert len(model_providers.asked(f"claude {word}")) == 5, "then its breaker is open"
    assert (circuits["anthropic"], circuits["openai"]) == ("open", "closed")
    lines = list(other.client.usage.of_run(run.id))
    assert [(line["provider"], line["alias"]) for line in lines] == [("openai", "careful")] * 8
    assert other.cost(run) == Decimal(run.cost_usd) == 8 * other.price(OPENAI)


def test_answers_are_reused_only_where_a_tenant_asks_for_it_and_then_cost_nothing(
    tenant: Tenant, other: Tenant, model_providers: ModelServer, word: str
) -> None:
    document = asks("Twice", llm("ask", word))
    other.client.models.save_settings(cache_seconds=300)

    plain = [tenant.client.run(document, wait=30) for _ in range(2)]
    asked_plainly = len(model_providers.asked(word))
    kept = [other.client.run(document, wait=30) for _ in range(2)]

    assert asked_plainly == 2
    assert len(model_providers.asked(word)) == 3
    assert [tenant.cost(run) for run in plain] == [tenant.price(OPENAI)] * 2
    assert [other.cost(run) for run in kept] == [other.price(OPENAI), Decimal(0)]
    (line,) = other.client.usage.of_run(kept[1].id)
    (node,) = kept[1].nodes
    assert (line["cached"], node.usage["cached_calls"]) == (True, 1)
    assert Decimal(node.usage["cost_usd"]) == Decimal(kept[1].cost_usd) == 0
    assert kept[0].output["last"]["text"] == kept[1].output["last"]["text"]


def test_a_run_says_which_version_of_a_registered_prompt_it_used(
    tenant: Tenant, model_providers: ModelServer, word: str
) -> None:
    prompt = {"name": word, "content": "Greet {{ who }}.", "variables": {"who": "String"}, "labels": ["production"]}
    tenant.client.prompts.save(prompt)
    tenant.client.prompts.save({**prompt, "content": "Insult {{ who }}.", "labels": []})
    config = {"model": OPENAI, "prompt_ref": f"{word}@production", "variables": {"who": word}}

    run = tenant.client.run(asks("By reference", {"id": "ask", "type": "llm", "config": config}), wait=30)
    rendered = tenant.client.prompts.render(word, {"who": word})

    (event,) = run.conversation("ask")
    assert run.output["last"]["prompt"] == event.data["prompt"]
    assert run.output["last"]["prompt"] == {"name": word, "version": 1, "hash": rendered.raw["hash"]}
    assert f"Greet {word}." in str(model_providers.asked(word)[0])


def test_every_node_type_that_asks_models_is_answered_by_one(
    tenant: Tenant, model_providers: ModelServer, word: str
) -> None:
    nodes: dict[str, tuple[dict[str, Any], list[Reply]]] = {
        "classify": (
            {"model": ANTHROPIC, "text": f"{word}-classify loom", "labels": ["weaving", "sailing"]},
            [says({"reason": "a loom", "labels": ["weaving"], "confidence": 0.9})],
        ),
        "extract": (
            {"model": BEDROCK, "text": f"{word}-extract Ada", "schema": NAMED},
            [Reply("Her name is Ada."), says({"name": "Ada"})],
        ),
        "research": (
            {"model": OPENAI, "question": f"{word}-research how often?", "context": MANUAL},
            [says({"answer": "Every two hours [1].", "confidence": 0.8})],
        ),
        "summarise": ({"model": ANTHROPIC, "text": f"{word}-summarise {MANUAL}"}, [Reply("Oil and stop.")]),
        "write": ({"model": OPENAI, "topic": f"{word}-write looms"}, [Reply("Looms weave.")]),
        "embed": ({"model": "openai/text-embedding-3-small", "text": [f"{word}-embed loom", "sail"]}, []),
    }
    for kind, (_, replies) in nodes.items():
        model_providers.script(replies, about=f"{word}-{kind}")
    document = {
        "name": f"All kinds {word}",
        "nodes": [{"id": kind, "type": kind, "config": config} for kind, (config, _) in nodes.items()],
        "outputs": {kind: f"{{{{ nodes.{kind}.output }}}}" for kind in nodes},
    }

    run = tenant.client.run(document, wait=60)

    assert run.status == "succeeded", run.error
    out = run.output
    assert (out["classify"]["label"], out["extract"]["output"]) == ("weaving", {"name": "Ada"})
    assert (out["research"]["answer"], out["write"]["text"]) == ("Every two hours [1].", "Looms weave.")
    assert out["summarise"]["text"] == "Oil and stop."
    assert len(out["embed"]["vectors"]) == 2
    asked = {kind: len(model_providers.asked(f"{word}-{kind}")) for kind in nodes}
    assert asked == dict.fromkeys(nodes, 1) | {"extract": 2}, "an answer that breaks its schema is asked for once more"
    lines = list(tenant.client.usage.of_run(run.id))
    assert sorted(line["node_id"] for line in lines) == sorted([*nodes, "extract"])
    assert tenant.cost(run) == Decimal(run.cost_usd) > 0


def says(value: dict[str, Any]) -> Reply:
    return Reply(json.dumps(value))
