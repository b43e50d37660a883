"""Budgets refuse, downgrade or hold a call before it is made."""

import pytest

from heddle.domain.models.settings import ModelRef
from heddle.domain.money import picos
from heddle.errors import ApprovalNeeded, NodeError
from tests.support.asking import CLAUDE, COST, Asking, answer, left, trouble


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
