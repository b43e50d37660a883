"""What a conversation has used, added up."""

from typing import Any

from heddle.application.agents.spending import Spending
from heddle.domain.events.conversation_events import ModelCalled


def called(**usage: Any) -> ModelCalled:
    return ModelCalled(1, 1, "openai", "gpt-5-mini", "hash", {}, "2026-11-20T12:00:00+00:00", 1.0, usage=usage)


def test_answers_from_the_cache_are_calls_that_cost_nothing_and_are_shown() -> None:
    spending = Spending()

    spending.add(called(cost_usd="0.001", input_tokens=10))
    spending.add(called(cost_usd="0", input_tokens=10, cached=True))

    used = spending.usage()
    assert (used["calls"], used["cached_calls"], used["cost_usd"]) == (2, 1, "0.001")


def test_without_a_cached_answer_nothing_is_said_of_it() -> None:
    spending = Spending()

    spending.add(called(cost_usd="0.001"))

    assert "cached_calls" not in spending.usage()
