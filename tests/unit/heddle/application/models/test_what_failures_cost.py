"""What a call that fails costs: nothing, what it says it used, or its worst case."""

from dataclasses import replace
from typing import Any

import pytest

from heddle.application.budgets.sweep import SweepReservations
from heddle.application.ports.models import CompletionRequest
from heddle.domain.money import picos, usd
from heddle.errors import NodeError
from tests.support.asking import CHAIN, CLAUDE, COST, GPT, Asking, NeverTold, answer, caller, left, trouble


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
