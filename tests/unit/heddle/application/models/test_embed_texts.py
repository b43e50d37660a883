"""Texts are embedded through aliases, chains, breakers and budgets, and what it cost is booked exactly."""

from dataclasses import replace

import pytest

from heddle.application.models.answer import EmbeddingsAnswer
from heddle.application.ports.models import EmbeddingRequest
from heddle.domain.models.settings import ModelRef, PriceOverride
from heddle.domain.money import picos, usd
from heddle.errors import ApprovalNeeded, NodeError
from tests.support.asking import TENANT, Asking, NeverTold, caller, trouble

SMALL = "openai/text-embedding-3-small"  # 0.02 USD a million tokens
ONCE: tuple[()] = ()
"""A step of a script: embed."""


@pytest.fixture
def asking() -> Asking:
    return Asking()


def embed(asking: Asking, model: str | None = SMALL, texts: tuple[str, ...] = ("loom", "warp")) -> EmbeddingsAnswer:
    return asking.embed(caller(), model, EmbeddingRequest(texts))


def test_vectors_are_booked_at_the_price_of_the_tokens_they_took(asking: Asking) -> None:
    asking.script("openai", ONCE)

    given = embed(asking)

    (line,) = asking.lines()
    assert len(given.embeddings.vectors) == 2
    assert usd(given.billed.cost) == usd(line.cost) == "0.0000004"  # 20 tokens
    assert (line.provider, line.model, line.input_tokens, line.output_tokens) == (
        "openai",
        "text-embedding-3-small",
        20,
        0,
    )
    assert (line.principal, line.run_id, line.node_id, line.outcome) == ("user:ada", "r", "a", "ok")


def test_nobody_named_is_the_alias_embed(asking: Asking) -> None:
    asking.script("openai", ONCE)

    given = embed(asking, None)

    assert (given.billed.model, given.billed.alias) == ("text-embedding-3-small", "embed")


def test_a_model_without_a_price_is_refused_and_never_free(asking: Asking) -> None:
    with pytest.raises(NodeError) as caught:
        embed(asking, "openai/brand-new-embedder")

    assert caught.value.code == "llm_model_unpriced"
    assert "price_ceiling" in caught.value.message


def test_an_unknown_model_costs_the_ceiling_where_there_is_one(asking: Asking) -> None:
    asking.configure(price_ceiling=("10", "100"))
    asking.script("openai", ONCE)

    assert usd(embed(asking, "openai/brand-new-embedder").billed.cost) == "0.0002"


def test_a_budget_that_is_used_up_refuses_before_the_call(asking: Asking) -> None:
    asking.budget("0.0000001")
    asking.script("openai", ONCE)

    with pytest.raises(NodeError) as caught:
        embed(asking)

    assert (caught.value.code, caught.value.details["scope"]) == ("budget_exceeded", "tenant")
    assert asking.lines() == []


def test_a_budget_may_ask_for_a_person(asking: Asking) -> None:
    asking.budget("0.0000001", action="approve")
    asking.script("openai", ONCE)

    with pytest.raises(ApprovalNeeded):
        embed(asking)


def test_a_cheaper_alias_is_refused_because_vectors_of_two_models_do_not_mix(asking: Asking) -> None:
    asking.configure(aliases={"cheap": (ModelRef("ollama", "nomic-embed-text"),)})
    asking.budget("0.0000001", action="downgrade", downgrade_to="cheap")
    asking.script("openai", ONCE)

    with pytest.raises(NodeError) as caught:
        embed(asking)

    assert caught.value.code == "budget_exceeded"
    assert "cheap" in caught.value.message


def test_the_built_in_embedder_passes_a_budget_of_zero(asking: Asking) -> None:
    asking.budget("0")
    asking.script("extractive", ONCE)

    assert embed(asking, "extractive").billed.cost == 0


@pytest.mark.parametrize("code", ["llm_auth", "llm_rate_limited", "llm_unavailable", "llm_bad_request"])
def test_a_call_that_the_provider_never_worked_on_costs_nothing(asking: Asking, code: str) -> None:
    asking.script("openai", trouble(code))

    with pytest.raises(NodeError):
        embed(asking)

    assert asking.lines() == []


def test_a_call_that_may_have_been_billed_is_booked_at_its_worst_case(asking: Asking) -> None:
    asking.script("openai", trouble("llm_timeout"))

    with pytest.raises(NodeError):
        embed(asking)

    (line,) = asking.lines()
    assert (line.outcome, line.output_tokens) == ("failed", 0)
    assert line.input_tokens > 0
    assert line.cost == picos("0.00000002") * line.input_tokens
    assert line.prices.startswith("genai-prices")


def test_the_next_in_the_chain_embeds_where_the_first_cannot(asking: Asking) -> None:
    asking.configure(
        aliases={"embed": (ModelRef("openai", "text-embedding-3-small"), ModelRef("ollama", "nomic-embed-text"))}
    )
    asking.script("openai", trouble("llm_unavailable"))
    asking.script("ollama", ONCE)

    assert embed(asking, None).billed.provider == "ollama"


def test_a_chain_that_fails_as_a_whole_says_who_was_tried(asking: Asking) -> None:
    asking.configure(
        aliases={"embed": (ModelRef("openai", "text-embedding-3-small"), ModelRef("ollama", "nomic-embed-text"))}
    )
    asking.script("openai", trouble("llm_rate_limited"))
    asking.script("ollama", trouble("llm_unavailable"))

    with pytest.raises(NodeError) as caught:
        embed(asking, None)

    assert caught.value.code == "llm_unavailable"
    assert "openai/text-embedding-3-small: llm_rate_limited" in caught.value.message


def test_a_provider_that_keeps_failing_is_left_alone(asking: Asking) -> None:
    asking.script("openai", *[trouble("llm_unavailable")] * 5, ONCE)
    for _ in range(5):
        with pytest.raises(NodeError):
            embed(asking)

    with pytest.raises(NodeError) as caught:
        embed(asking)

    assert caught.value.details["circuit"] == "open"


def test_too_few_vectors_are_a_bad_response_and_paid_for(asking: Asking) -> None:
    provider = asking.script("openai", ONCE)
    provider.vectors = 1

    with pytest.raises(NodeError) as caught:
        embed(asking)

    assert caught.value.code == "llm_bad_response"
    assert [line.input_tokens for line in asking.lines()] == [20]


def test_vectors_are_not_lost_because_they_cannot_be_booked(asking: Asking) -> None:
    asking.script("openai", ONCE)

    given = replace(asking.embed, purse=NeverTold(asking.purse))(caller(), SMALL, EmbeddingRequest(("loom",)))

    assert len(given.embeddings.vectors) == 1


def test_prices_of_one_tenant_are_not_another_ones(asking: Asking) -> None:
    asking.configure(
        prices=(PriceOverride("openai", "text-embedding-3-small", "20", "0", "2026-01-01T00:00:00+00:00"),)
    )
    asking.script("openai", ONCE, ONCE)
    request = EmbeddingRequest(("loom", "warp"))

    ours = asking.embed(caller(), SMALL, request)
    theirs = asking.embed(replace(caller(), tenant="rival"), SMALL, request)

    assert (usd(ours.billed.cost), usd(theirs.billed.cost)) == ("0.0004", "0.0000004")
    assert [line.tenant for line in asking.lines()] == [TENANT]
