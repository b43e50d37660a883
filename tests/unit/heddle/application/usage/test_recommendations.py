"""Advice: each contrived pattern gives its own kind, and ordinary use gives none."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from heddle.application.ports.usage import LedgerLine, UsageRow
from heddle.application.usage.observed import Observed, Offer
from heddle.application.usage.recommendations import recommend
from heddle.domain.money import picos
from tests.support.ledger import line, row

MODEL = ("openai", "gpt-5-mini")


def rate(input_tokens: int, output_tokens: int) -> int:
    return 10 * input_tokens + 40 * output_tokens


def tenth(input_tokens: int, output_tokens: int) -> int:
    return input_tokens + 4 * output_tokens


def seen(rows: Sequence[UsageRow] = (), lines: Sequence[LedgerLine] = (), **values: Any) -> Observed:
    parts: dict[str, Any] = {"days": 30, "offers": {}, "prices": {MODEL: rate}, "max_tokens": {}}
    return Observed(rows, lines, **(parts | values))


def day(number: int) -> str:
    return (date(2026, 1, 1) + timedelta(days=number)).isoformat()


def test_a_dear_model_for_short_answers_can_be_substituted() -> None:
    rows = [row(calls=100, input_tokens=10_000, output_tokens=1_000, cost=rate(10_000, 1_000))]
    offers = {MODEL: [Offer("openai", "nano", tenth), Offer("openai", "large", lambda i, o: 99 * i)]}

    (advice,) = recommend(seen(rows, offers=offers))

    assert (advice.kind, advice.about) == ("ModelSubstitution", "openai/gpt-5-mini")
    assert "openai/nano" in advice.advice
    assert advice.saving == rate(10_000, 1_000) - tenth(10_000, 1_000)
    assert advice.to_json()["figures"]["average_output_tokens"] == 10.0


def test_long_answers_few_calls_or_small_savings_are_left_alone() -> None:
    offers = {MODEL: [Offer("openai", "nano", tenth)]}
    dear = {MODEL: [Offer("openai", "nano", lambda i, o: rate(i, o) * 7 // 10)]}
    usual: dict[str, Any] = {"input_tokens": 10_000, "output_tokens": 1_000, "cost": rate(10_000, 1_000)}

    assert recommend(seen([row(calls=100, **usual | {"output_tokens": 50_000})], offers=offers)) == []
    assert recommend(seen([row(calls=19, **usual)], offers=offers)) == []
    assert recommend(seen([row(calls=100, **usual)], offers=dear)) == []
    assert recommend(seen([row(calls=100, **usual | {"cost": 0})], offers=offers)) == []


def test_many_tiny_calls_of_one_node_in_one_run_can_be_batched() -> None:
    lines = [line(call_id=str(number), input_tokens=300 + number, output_tokens=5) for number in range(60)]

    (advice,) = recommend(seen(lines=lines))

    assert (advice.kind, advice.about) == ("RequestBatching", "w/n")
    assert advice.saving == rate(300 * 54, 0)
    assert advice.figures["calls"] == 60


def test_many_calls_of_many_runs_or_with_long_answers_are_no_batch() -> None:
    apart = [line(call_id=str(number), run_id=f"r{number}") for number in range(60)]
    long = [line(call_id=str(number), output_tokens=500) for number in range(60)]

    assert recommend(seen(lines=apart)) == []
    assert recommend(seen(lines=long)) == []


def test_room_for_answers_that_never_come_can_be_given_back() -> None:
    lines = [line(call_id=str(number), run_id=f"r{number}", output_tokens=number) for number in range(30)]

    (advice,) = recommend(seen(lines=lines, max_tokens={("w", "n"): 8192}))

    assert (advice.kind, advice.saving) == ("ParameterOptimization", 0)
    assert "set max_tokens to 64" in advice.advice
    assert advice.figures["reserved_less_usd_per_call"] == "0.00000032512"  # (8192 - 64) × 40 picodollars
    assert recommend(seen(lines=lines, max_tokens={("w", "n"): 100})) == []


def test_an_hour_in_which_half_of_all_happens_stands_out() -> None:
    nightly = [
        line(f"{day(number % 10)}T03:{number % 60:02}:00+00:00", call_id=f"n{number}", run_id=f"r{number}")
        for number in range(150)
    ]
    daily = [
        line(f"{day(number % 10)}T{number % 24:02}:00:00+00:00", call_id=f"d{number}", run_id=f"s{number}")
        for number in range(100)
    ]

    (advice,) = recommend(seen(lines=[*nightly, *daily]))

    assert (advice.kind, advice.about) == ("UsagePattern", "03:00 UTC")


def test_a_day_far_above_the_usual_stands_out_with_what_it_cost_more() -> None:
    rows = [row(day(number), calls=1, cost=picos("1")) for number in range(9)]
    rows.append(row(day(9), calls=1, cost=picos("10")))

    (advice,) = recommend(seen(rows))

    assert (advice.kind, advice.about, advice.saving) == ("UsagePattern", day(9), picos("9"))


def test_the_same_model_for_less_elsewhere_is_a_reason_to_switch() -> None:
    rows = [row(calls=50, input_tokens=10_000, output_tokens=100_000, cost=rate(10_000, 100_000))]
    offers = {MODEL: [Offer("azure", "gpt-5-mini", tenth, same=True)]}

    (advice,) = recommend(seen(rows, offers=offers))

    assert (advice.kind, advice.risk) == ("ProviderSwitching", "low")
    assert advice.saving == rate(10_000, 100_000) - tenth(10_000, 100_000)


def test_a_provider_that_often_fails_is_a_reason_to_switch() -> None:
    (advice,) = recommend(seen([row(calls=100, failed_calls=20)]))

    assert (advice.kind, advice.saving, advice.figures["failed_calls"]) == ("ProviderSwitching", 0, 20)


def test_ordinary_use_gives_no_advice() -> None:
    rows = [
        row(
            day(number),
            calls=40,
            input_tokens=40_000,
            output_tokens=20_000,
            cost=rate(40_000, 20_000) + number,
            failed_calls=1,
        )
        for number in range(30)
    ]
    lines = [
        line(
            f"{day(number % 30)}T{number % 12 + 8:02}:00:00+00:00",
            call_id=str(number),
            run_id=f"r{number}",
            input_tokens=1000,
            output_tokens=500,
        )
        for number in range(400)
    ]
    offers = {MODEL: [Offer("openai", "nano", tenth), Offer("azure", "gpt-5-mini", rate, same=True)]}

    assert recommend(seen(rows, lines, offers=offers, max_tokens={("w", "n"): 1024})) == []


def test_what_saves_most_comes_first() -> None:
    rows = [
        row(calls=100, input_tokens=10_000, output_tokens=1_000, cost=rate(10_000, 1_000)),
        row(calls=100, model="big", input_tokens=90_000, output_tokens=1_000, cost=rate(90_000, 1_000)),
    ]
    nano = [Offer("openai", "nano", tenth)]

    found = recommend(seen(rows, offers={MODEL: nano, ("openai", "big"): nano}))

    assert [each.about for each in found] == ["openai/big", "openai/gpt-5-mini"]
