"""The same question is answered from the cache, where the tenant wants it."""

from dataclasses import replace
from typing import Any

import pytest

from heddle.application.models.response_cache import ResponseCache
from heddle.application.ports.budgets import WHOLE_TENANT, Stop
from heddle.application.ports.models import CompletionRequest
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError, UpstreamUnavailable
from tests.support.asking import CLAUDE, GPT, TENANT, Asking, answer, caller


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
