"""A model is asked through aliases, chains, breakers and budgets, and what it cost is booked exactly."""

from dataclasses import replace
from typing import Any

import pytest

from heddle.application.budgets.sweep import SweepReservations
from heddle.application.models.response_cache import ResponseCache
from heddle.application.ports.budgets import WHOLE_TENANT, Stop
from heddle.application.ports.models import CompletionRequest
from heddle.domain.budgets.budget import Budget
from heddle.domain.budgets.counter import CounterKey
from heddle.domain.models.settings import ModelRef, ModelSettings, PriceOverride, ProviderConfig
from heddle.domain.money import picos, usd
from heddle.errors import ApprovalNeeded, NodeError, UpstreamUnavailable
from tests.support.asking import CLAUDE, GPT, TENANT, Asking, NeverTold, answer, caller, trouble

CHAIN = {"best": (ModelRef("openai", "gpt-5-mini"), ModelRef("anthropic", "claude-haiku-4-5"))}
# gpt-5-mini: 0.25 USD a million tokens in, 2 out; so 1000 in and 100 out cost
COST = "0.00045"


@pytest.fixture
def asking() -> Asking:
    return Asking()


def left(asking: Asking, budget: Budget) -> int:
    """Return what is neither spent nor reserved of a budget of the tenant, this month."""
    key = CounterKey(budget.id, budget.generation, "*", "2026-01")
    found = asking.spend.look(TENANT, keys=[key]).counters.get(key)
    return budget.limit if found is None else found.left


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


# --- what failures cost


@pytest.mark.parametrize("code", ["llm_auth", "llm_rate_limited", "llm_unavailable", "llm_bad_request"])
def test_a_call_that_the_provider_never_worked_on_costs_nothing(asking: Asking, code: str) -> None:
    budget = asking.budget("1")
    asking.script("openai", trouble(code))

    with pytest.raises(NodeError):
        asking.question()

    assert asking.lines() == []
    assert left(asking, budget) == picos("1")


@pytest.mark.parametrize("code", ["llm_timeout", "llm_bad_response"])
def test_a_call_that_may_have_been_billed_is_booked_at_its_worst_case(asking: Asking, code: str) -> None:
    budget = asking.budget("1")
    asking.script("openai", trouble(code))

    with pytest.raises(NodeError):
        asking.question()

    (line,) = asking.lines()
    assert line.outcome == "failed"
    assert line.output_tokens == 100
    assert line.cost > 0
    assert left(asking, budget) == picos("1") - line.cost


@pytest.mark.parametrize("code", ["llm_unavailable", "llm_rate_limited", "llm_quota_exceeded"])
def test_what_fails_after_it_was_begun_is_paid_for_whatever_its_code(asking: Asking, code: str) -> None:
    asking.script("openai", ("Clo", trouble(code, output_chars=3, status=529)))

    with pytest.raises(NodeError):
        asking.question(on_text=lambda text: None)

    (line,) = asking.lines()
    assert (line.outcome, line.output_tokens) == ("failed", 100)
    assert line.cost > 0


def test_a_connection_that_was_lost_after_the_request_was_sent_is_paid_for(asking: Asking) -> None:
    asking.script("openai", trouble("llm_unavailable", sent=True))

    with pytest.raises(NodeError):
        asking.question()

    assert [line.output_tokens for line in asking.lines()] == [100]


def test_a_provider_that_did_not_take_the_connection_in_time_costs_nothing(asking: Asking) -> None:
    asking.script("openai", trouble("llm_timeout", sent=False))

    with pytest.raises(NodeError):
        asking.question()

    assert asking.lines() == []


@pytest.mark.parametrize(
    ("details", "tokens", "cost"),
    [
        ({"input_tokens": 1000, "output_tokens": 100}, (1000, 100), COST),
        ({"input_tokens": 1000, "output_tokens": 100, "cached_tokens": 1000}, (1000, 100), "0.000225"),
        ({"input_tokens": 1000, "output_chars": 9}, (1000, 100), COST),
        ({"input_tokens": 1000}, (1000, 0), "0.00025"),
    ],
)
def test_a_refusal_costs_what_it_says_it_used(
    asking: Asking, details: dict[str, Any], tokens: tuple[int, int], cost: str
) -> None:
    asking.script("openai", trouble("llm_refused", **details))

    with pytest.raises(NodeError):
        asking.question()

    (line,) = asking.lines()
    assert (line.outcome, line.input_tokens, line.output_tokens, usd(line.cost)) == ("failed", *tokens, cost)


def test_a_refusal_that_says_nothing_costs_its_input(asking: Asking) -> None:
    asking.script("openai", trouble("llm_refused"))

    with pytest.raises(NodeError):
        asking.question()

    (line,) = asking.lines()
    assert line.input_tokens > 0
    assert line.output_tokens == 0
    assert line.cost > 0


def test_what_was_written_to_the_providers_cache_has_its_own_price(asking: Asking) -> None:
    asking.script("anthropic", answer(), answer(cached_tokens=500, cache_write_tokens=500))

    plain, kept = asking.question(CLAUDE).billed, asking.question(CLAUDE).billed

    # claude-haiku-4-5, in USD a million: 1 in, 0.1 from the cache, 1.25 to the cache, 5 out
    assert (usd(plain.cost), usd(kept.cost)) == ("0.0015", "0.001175")
    assert [line.cached_tokens for line in asking.lines()] == [0, 500]


def test_tokens_that_the_provider_did_not_tell_are_booked_as_estimated(asking: Asking) -> None:
    budget = asking.budget("1")
    asking.script("openai", answer(read=1200, written=30, usage_estimated=True))

    given = asking.question()

    assert given.billed.cost > 0
    assert left(asking, budget) == picos("1") - given.billed.cost
    assert asking.lines()[0].prices.endswith("tokens estimated")


def test_an_answer_is_not_lost_because_it_cannot_be_booked_and_its_worst_case_is(asking: Asking) -> None:
    budget = asking.budget("1")
    asking.script("openai", answer("Cloth."))

    given = replace(asking.ask, purse=NeverTold(asking.purse))(
        caller(), GPT, CompletionRequest("What does a loom weave?", max_tokens=100)
    )
    asking.sleep(600)
    swept = SweepReservations(asking.spend, asking.purse.end, asking.now)()

    (line,) = asking.lines()
    assert (given.completion.text, usd(given.billed.cost)) == ("Cloth.", COST)
    assert (swept, line.outcome) == (1, "abandoned")
    assert line.cost > 0
    assert left(asking, budget) == picos("1") - line.cost


def test_a_failure_that_cannot_be_booked_is_still_what_the_caller_hears_and_the_next_one_is_asked(
    asking: Asking,
) -> None:
    asking.configure(aliases=CHAIN)
    asking.script("openai", trouble("llm_rate_limited"))
    asking.script("anthropic", answer("Linen."))

    given = replace(asking.ask, purse=NeverTold(asking.purse))(caller(), "best", CompletionRequest("?", max_tokens=100))

    assert given.completion.text == "Linen."


def test_a_bug_leaves_the_worst_case_reserved_until_the_sweeper_books_it(asking: Asking) -> None:
    budget = asking.budget("1")
    asking.script("openai", RuntimeError("a bug"))

    with pytest.raises(RuntimeError):
        asking.question()

    assert asking.lines() == []
    assert left(asking, budget) < picos("1")


# --- budgets


def test_a_budget_that_is_used_up_refuses_before_the_call(asking: Asking) -> None:
    asking.budget("0.0001")
    openai = asking.script("openai", answer())

    with pytest.raises(NodeError) as caught:
        asking.question()

    assert (caught.value.code, caught.value.retryable) == ("budget_exceeded", False)
    assert caught.value.details["scope"] == "tenant"
    assert openai.asked == []


def test_a_budget_of_zero_refuses_before_the_call(asking: Asking) -> None:
    asking.budget("0")
    openai = asking.script("openai", answer())

    with pytest.raises(NodeError) as caught:
        asking.question()

    assert caught.value.code == "budget_exceeded"
    assert openai.asked == []


def test_a_prompt_is_counted_exactly_only_where_the_bound_would_be_refused(asking: Asking) -> None:
    prompt = "word " * 2000  # 10,000 bytes, but 2,000 tokens as the provider counts
    asking.budget("0.0015")
    asking.script("anthropic", answer(read=2000, written=10), counts=2000)

    with pytest.raises(NodeError):
        asking.question(CLAUDE, prompt=prompt * 2, max_tokens=100)
    asking.budget("0.01", version=2)
    given = asking.question(CLAUDE, prompt=prompt, max_tokens=100)

    assert given.billed.input_tokens == 2000


def test_the_answer_gives_back_what_was_reserved_too_much(asking: Asking) -> None:
    budget = asking.budget("1")
    asking.script("openai", answer())

    asking.question()

    assert left(asking, budget) == picos("1") - picos(COST)


def test_a_budget_may_ask_for_the_cheaper_alias(asking: Asking) -> None:
    asking.configure(aliases={"cheap": (ModelRef("ollama", "llama3"),)})
    asking.budget("0.0001", action="downgrade", downgrade_to="cheap")
    openai = asking.script("openai", answer())
    asking.script("ollama", answer("From the cellar."))

    given = asking.question()

    assert openai.asked == []
    assert (given.billed.provider, given.billed.alias) == ("ollama", "cheap")


def test_nothing_is_downgraded_that_fits_when_counted_exactly(asking: Asking) -> None:
    asking.configure(aliases={"cheap": (ModelRef("ollama", "llama3"),)})
    asking.budget("0.004", action="downgrade", downgrade_to="cheap")
    asking.script("ollama", answer())
    asking.script("anthropic", answer(read=2000, written=10), counts=2000)

    given = asking.question(CLAUDE, prompt="word " * 2000, max_tokens=100)

    assert given.billed.provider == "anthropic"


def test_two_budgets_that_downgrade_to_each_other_refuse(asking: Asking) -> None:
    asking.configure(aliases={"a": (ModelRef("openai", "gpt-5-mini"),), "b": (ModelRef("openai", "gpt-5-nano"),)})
    asking.budget("0.00001", id="one", action="downgrade", downgrade_to="b")
    asking.budget("0.00001", id="two", action="downgrade", downgrade_to="a", period="day")
    openai = asking.script("openai", answer())

    with pytest.raises(NodeError) as caught:
        asking.question("a")

    assert caught.value.code == "budget_exceeded"
    assert openai.asked == []


def test_a_stream_whose_second_try_is_too_dear_goes_on_with_the_cheaper_alias(asking: Asking) -> None:
    heard: list[str] = []
    asking.configure(aliases={"cheap": (ModelRef("ollama", "llama3"),)})
    asking.budget("0.0003", action="downgrade", downgrade_to="cheap")
    asking.script("openai", ("Clo", trouble("llm_stream_broken", output_chars=3)))
    asking.script("ollama", ("Cellar.", answer("Cellar.")))

    given = asking.question(on_text=heard.append, on_restart=lambda: heard.append("|"))

    assert given.billed.provider == "ollama"
    assert heard[-2:] == ["|", "Cellar."]
    assert [line.outcome for line in asking.lines()] == ["failed", "ok"]


def test_a_budget_of_zero_lets_through_what_cannot_cost_anything(asking: Asking) -> None:
    asking.budget("0")
    asking.script("ollama", answer("From the cellar."))

    given = asking.question("ollama/llama3")

    assert (given.completion.text, given.billed.cost) == ("From the cellar.", 0)
    assert [(line.provider, line.cost) for line in asking.lines()] == [("ollama", 0)]


def test_a_budget_may_ask_for_a_person(asking: Asking) -> None:
    asking.budget("0.0001", action="approve")
    asking.script("openai", answer())

    with pytest.raises(ApprovalNeeded) as caught:
        asking.question()

    assert caught.value.code == "budget_approval_required"
    assert caught.value.details["needed_usd"]


# --- the cache


def test_the_same_question_is_answered_from_the_cache_where_the_tenant_wants_it(asking: Asking) -> None:
    asking.configure(cache_seconds=600)
    openai = asking.script("openai", answer("Cloth."), answer("Sails."))

    first, again, other = asking.question(), asking.question(), asking.question(prompt="And a rope walk?")

    assert len(openai.asked) == 2
    assert (again.completion.text, again.billed.cost, again.billed.cached) == ("Cloth.", 0, True)
    assert (first.billed.cached, other.completion.text) == (False, "Sails.")
    assert [line.cached for line in asking.lines()] == [False, True, False]


def test_by_default_nothing_is_cached(asking: Asking) -> None:
    openai = asking.script("openai", answer(), answer())

    asking.question()
    asking.question()

    assert len(openai.asked) == 2


def test_a_cached_answer_ends_with_its_time(asking: Asking) -> None:
    asking.configure(cache_seconds=600)
    openai = asking.script("openai", answer(), answer())

    asking.question()
    asking.sleep(601)
    asking.question()

    assert len(openai.asked) == 2


def test_an_answer_from_before_a_guardrail_is_not_given_behind_it(asking: Asking) -> None:
    asking.configure(cache_seconds=600)
    openai = asking.script("openai", answer(), answer())
    asking.question()

    asking.configure(cache_seconds=600, providers={"openai": ProviderConfig("openai", "openai", guardrail="g-1")})
    asking.question()

    assert len(openai.asked) == 2


def test_a_cache_that_cannot_be_reached_costs_no_answer(asking: Asking) -> None:
    class Away:
        def get(self, *_: Any, **__: Any) -> Any:
            raise UpstreamUnavailable("the table is away")

        put = get

    asking.configure(cache_seconds=600)
    asking.script("openai", answer("Cloth."))
    ask = replace(asking.ask, cache=ResponseCache(Away(), asking.now))

    given = ask(caller(), GPT, CompletionRequest("?", max_tokens=100))

    assert given.completion.text == "Cloth."
    assert len(asking.lines()) == 1


def test_a_kill_switch_stops_cached_answers_too(asking: Asking) -> None:
    asking.configure(cache_seconds=600)
    asking.script("openai", answer())
    asking.question()
    asking.spend.set_stops(
        TENANT, {WHOLE_TENANT: Stop("user:boss", "2026-01-01", "enough")}, asking.spend.control(TENANT)
    )

    with pytest.raises(NodeError) as caught:
        asking.question()

    assert caught.value.code == "ai_stopped"


@pytest.mark.parametrize(
    "other", [{"model": CLAUDE}, {"max_tokens": 99}, {"temperature": 0.5}, {"system": "Be brief."}, {"stop": ("x",)}]
)
def test_whatever_the_provider_sees_makes_another_question(asking: Asking, other: dict[str, Any]) -> None:
    asking.configure(cache_seconds=600)
    asking.script("openai", answer(), answer())
    asking.script("anthropic", answer())

    asking.question()

    assert asking.question(**({"model": GPT} | other)).billed.cached is False


# --- streams


def test_whoever_listens_hears_the_text_as_it_is_written(asking: Asking) -> None:
    heard: list[str] = []
    asking.script("openai", ("Clo", "th", ".", answer("Cloth.")))

    given = asking.question(on_text=heard.append)

    assert heard == ["Clo", "th", "."]
    assert given.completion.text == "Cloth."


def test_a_stream_that_breaks_off_is_begun_anew_and_both_are_paid_for(asking: Asking) -> None:
    heard: list[str] = []
    broken = trouble("llm_stream_broken", output_chars=3)
    asking.script("openai", ("Clo", broken), ("Cloth.", answer("Cloth.")))

    given = asking.question(on_text=heard.append, on_restart=lambda: heard.append("|"))

    assert heard == ["Clo", "|", "Cloth."]
    assert [(line.outcome, line.cost > 0) for line in asking.lines()] == [("failed", True), ("ok", True)]
    assert usd(given.billed.cost) == COST


def test_a_budget_that_is_too_small_for_the_second_stream_ends_it(asking: Asking) -> None:
    broken = trouble("llm_stream_broken", output_chars=3)
    openai = asking.script("openai", ("Clo", broken), ("Cloth.", answer()))
    asking.budget("0.0003")

    with pytest.raises(NodeError) as caught:
        asking.question(on_text=lambda text: None, on_restart=lambda: None)

    assert caught.value.code == "budget_exceeded"
    assert len(openai.asked) == 1
    assert sum(line.cost for line in asking.lines()) <= picos("0.0003")


def test_another_candidate_voids_what_the_first_one_said(asking: Asking) -> None:
    heard: list[str] = []
    asking.configure(aliases=CHAIN)
    asking.script("openai", ("Clo", trouble("llm_unavailable")))
    asking.script("anthropic", ("Linen.", answer("Linen.")))

    asking.question("best", on_text=heard.append, on_restart=lambda: heard.append("|"))

    assert heard == ["Clo", "|", "Linen."]


def test_a_cached_answer_voids_what_another_candidate_said_before_it(asking: Asking) -> None:
    heard: list[str] = []
    asking.configure(aliases=CHAIN, cache_seconds=600)
    asking.script("openai", trouble("llm_unavailable"), ("Clo", trouble("llm_unavailable", output_chars=3)))
    asking.script("anthropic", answer("Linen."))
    asking.question("best")

    given = asking.question("best", on_text=heard.append, on_restart=lambda: heard.append("|"))

    assert given.billed.cached
    assert heard == ["Clo", "|", "Linen."]


def test_a_cached_answer_is_heard_as_a_whole(asking: Asking) -> None:
    heard: list[str] = []
    asking.configure(cache_seconds=600)
    asking.script("openai", answer("Cloth."))
    asking.question()

    asking.question(on_text=heard.append)

    assert heard == ["Cloth."]


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
