"""A model is asked through aliases, chains and breakers, and what it cost is booked exactly."""

from dataclasses import replace

import pytest

from heddle.application.ports.models import CompletionRequest
from heddle.domain.models.settings import ModelRef, ModelSettings, PriceOverride, ProviderConfig
from heddle.domain.money import usd
from heddle.errors import NodeError
from tests.support.asking import CHAIN, CLAUDE, COST, GPT, Asking, answer, caller, trouble

# --- asking


def test_an_answer_is_booked_at_the_price_of_the_tokens_it_took(asking: Asking) -> None:
    asking.script("openai", answer("Cloth."))

    given = asking.question()

    (line,) = asking.lines()
    assert given.completion.text == "Cloth."
    assert usd(given.billed.cost) == usd(line.cost) == COST
    assert (line.principal, line.workflow_id, line.run_id, line.node_id) == ("user:ada", "w", "r", "a")
    assert (line.provider, line.model, line.input_tokens, line.output_tokens) == ("openai", "gpt-5-mini", 1000, 100)
    assert line.prices.startswith("genai-prices")


def test_an_alias_leads_to_its_model_and_is_named_in_the_ledger(asking: Asking) -> None:
    asking.configure(aliases={"best": (ModelRef("anthropic", "claude-haiku-4-5"),)})
    claude = asking.script("anthropic", answer())

    asking.question("best")

    assert claude.asked[0].model == "claude-haiku-4-5"
    assert asking.lines()[0].alias == "best"


def test_nobody_named_is_the_default_of_the_stage(asking: Asking) -> None:
    asking.script("openai", answer())

    assert asking.question(None).billed.provider == "openai"


def test_a_name_that_nobody_has_is_refused_with_what_there_is(asking: Asking) -> None:
    with pytest.raises(NodeError) as caught:
        asking.question("opnai/gpt-5-mini")

    assert caught.value.code == "llm_model_unknown"
    assert "openai" in caught.value.message
    assert asking.lines() == []


def test_a_model_without_a_price_is_refused_and_never_free(asking: Asking) -> None:
    openai = asking.script("openai", answer())

    with pytest.raises(NodeError) as caught:
        asking.question("openai/brand-new-model")

    assert caught.value.code == "llm_model_unpriced"
    assert openai.asked == []


def test_an_unknown_model_costs_the_ceiling_where_there_is_one(asking: Asking) -> None:
    asking.configure(price_ceiling=("10", "100"))
    asking.script("openai", answer(read=1000, written=100))

    given = asking.question("openai/brand-new-model")

    assert usd(given.billed.cost) == "0.02"
    assert asking.lines()[0].prices == "ceiling"


def test_a_price_that_changes_within_the_month_holds_from_its_moment_on(asking: Asking) -> None:
    dearer = PriceOverride("openai", "gpt-5-mini", "1", "10", "2026-01-01T13:00:00+00:00")
    asking.configure(prices=(dearer,))
    asking.script("openai", answer(), answer())

    before = asking.question().billed
    asking.sleep(3600)
    after = asking.question().billed

    assert (usd(before.cost), usd(after.cost)) == (COST, "0.002")
    assert after.prices == "tenant 2026-01-01"


def test_a_request_that_does_not_fit_is_refused_before_the_call_with_its_count(asking: Asking) -> None:
    claude = asking.script("anthropic", answer())

    with pytest.raises(NodeError) as caught:
        asking.question(CLAUDE, prompt="word " * 250_000)

    assert caught.value.code == "llm_context_too_long"
    assert caught.value.details["tokens"] > 200_000
    assert str(caught.value.details["tokens"]) in caught.value.message
    assert claude.asked == []
    assert asking.lines() == []


# --- chains and breakers


@pytest.mark.parametrize(
    "code", ["llm_rate_limited", "llm_unavailable", "llm_timeout", "llm_quota_exceeded", "llm_auth", "llm_bad_response"]
)
def test_the_next_in_the_chain_answers_where_the_first_cannot(asking: Asking, code: str) -> None:
    asking.configure(aliases=CHAIN)
    asking.script("openai", trouble(code))
    asking.script("anthropic", answer("Linen."))

    given = asking.question("best")

    assert (given.completion.text, given.billed.provider) == ("Linen.", "anthropic")


@pytest.mark.parametrize("code", ["llm_refused", "llm_bad_request", "llm_context_too_long"])
def test_what_is_wrong_with_the_question_is_not_tried_elsewhere(asking: Asking, code: str) -> None:
    asking.configure(aliases=CHAIN)
    asking.script("openai", trouble(code))
    claude = asking.script("anthropic", answer())

    with pytest.raises(NodeError) as caught:
        asking.question("best")

    assert caught.value.code == code
    assert claude.asked == []


def test_a_chain_that_fails_as_a_whole_says_who_was_tried(asking: Asking) -> None:
    asking.configure(aliases=CHAIN)
    asking.script("openai", trouble("llm_rate_limited"))
    asking.script("anthropic", trouble("llm_unavailable"))

    with pytest.raises(NodeError) as caught:
        asking.question("best")

    assert caught.value.code == "llm_unavailable"
    assert "openai/gpt-5-mini: llm_rate_limited" in caught.value.message


def test_a_provider_that_keeps_failing_is_left_alone_and_tried_again_later(asking: Asking) -> None:
    openai = asking.script("openai", *[trouble("llm_unavailable")] * 5, answer())
    for _ in range(5):
        with pytest.raises(NodeError):
            asking.question()

    with pytest.raises(NodeError) as caught:
        asking.question()
    asking.sleep(61)
    given = asking.question()

    assert caught.value.details["circuit"] == "open"
    assert caught.value.details["retry_after"] > 0
    assert len(openai.asked) == 6
    assert given.completion.text == "Cloth."


# --- tenants


def test_settings_of_one_tenant_are_not_another_ones(asking: Asking) -> None:
    mine = ProviderConfig("mine", "ollama")
    asking.configure(providers={"mine": mine}, aliases={"best": (ModelRef("mine", "m"),)})

    with pytest.raises(NodeError) as caught:
        asking.ask(replace(caller(), tenant="rival"), "mine/m", CompletionRequest(prompt="?"))

    assert caught.value.code == "llm_model_unknown"
    assert "mine" not in caught.value.details["providers"]


def test_an_answer_kept_for_one_tenant_is_not_given_to_another(asking: Asking) -> None:
    asking.configure(cache_seconds=600)
    asking.settings.save("rival", ModelSettings(cache_seconds=600), expected_version=0)
    openai = asking.script("openai", answer("Ours."), answer("Theirs."))
    request = CompletionRequest(prompt="What does a loom weave?", max_tokens=100)

    asking.ask(caller(), GPT, request)
    theirs = asking.ask(replace(caller(), tenant="rival"), GPT, request)

    assert theirs.completion.text == "Theirs."
    assert len(openai.asked) == 2
