"""Answers that are heard while they are written, and what is paid for those that break off."""

import pytest

from heddle.domain.money import picos, usd
from heddle.errors import NodeError
from tests.support.asking import CHAIN, COST, Asking, answer, trouble


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
