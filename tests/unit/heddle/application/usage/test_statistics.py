"""Statistics of usage."""

from datetime import date, timedelta

import pytest

from heddle.application.usage.statistics import change, forecast_spend, statistics, trend
from heddle.domain.money import picos
from tests.support.ledger import line, row

TODAY = date(2026, 1, 31)


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def test_seven_days_like_each_other_make_a_month_like_them() -> None:
    rows = [row(ago(number), cost=picos("2")) for number in range(1, 8)]

    found = forecast_spend(rows, TODAY).to_json()

    assert found == {
        "days_with_use": 7,
        "per_day_usd": "2",
        "next_30_days_usd": "60",
        "next_30_days_with_trend_usd": "60",
        "reason": None,
    }


def test_six_days_are_too_few_and_the_reason_is_said() -> None:
    rows = [row(ago(number)) for number in range(1, 7)]

    found = forecast_spend(rows, TODAY).to_json()

    assert found["next_30_days_usd"] is None
    assert found["reason"] == "needs use on 7 of the last 30 days, there is on 6"


def test_today_and_what_is_older_than_thirty_days_do_not_count() -> None:
    rows = [row(ago(0)), row(ago(31)), *(row(ago(number), cost=10) for number in range(1, 11))]

    assert forecast_spend(rows, TODAY).per_day == 10


def test_a_rising_line_goes_on_and_a_falling_one_ends_at_nothing() -> None:
    rising = [row(ago(11 - number), cost=number * 100) for number in range(1, 11)]
    falling = [row(ago(number), cost=number * 100) for number in range(1, 11)]

    up, down = forecast_spend(rising, TODAY), forecast_spend(falling, TODAY)

    assert up.flat == down.flat == 30 * 550
    assert up.with_trend == sum(100 * number for number in range(11, 41))
    assert down.with_trend == 0


def test_days_without_use_count_as_nothing() -> None:
    rows = [row(ago(number), cost=20) for number in range(1, 15, 2)]

    assert forecast_spend(rows, TODAY).per_day == round(7 * 20 / 13)


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ([1, 1, 10, 10], "rising"),
        ([10, 10, 1, 1], "falling"),
        ([10, 10, 10, 11], "steady"),
        ([5], "steady"),
        ([], "steady"),
    ],
)
def test_a_trend_is_the_later_half_against_the_earlier(costs: list[int], said: str) -> None:
    assert trend({f"2026-01-{day:02}": cost for day, cost in enumerate(costs, 1)}) == said


def test_growth_is_told_in_percent_and_not_from_nothing() -> None:
    assert (change(10, 15), change(10, 5), change(0, 5)) == (50.0, -50.0, None)


def test_providers_models_and_users_have_their_own_figures() -> None:
    rows = [
        row(ago(1), calls=10, cost=900, failed_calls=2, latency_ms=4_000.0),
        row(ago(2), calls=2, model="gpt-5", cost=100, principal="key:k"),
        row(ago(3), calls=5, model="gpt-5", cost=0, latency_ms=0.0, output_tokens=0),
    ]

    lines = [line("2026-01-30T08:10:00+00:00", cost=3), line("2026-01-30T08:59:00+00:00", cost=4)]

    found = statistics("acme", rows, [row(ago(40), cost=500)], lines, TODAY)

    (provider,) = found["providers"]
    assert (provider["calls"], provider["error_rate"]) == (17, round(2 / 17, 4))
    mini, large = found["models"]
    assert (mini["model"], mini["tokens_per_second"]) == ("openai/gpt-5-mini", 50.0)
    assert (large["model"], large["calls"]) == ("openai/gpt-5", 7)
    assert [(user["user"], user["favourite_model"]) for user in found["users"]] == [
        ("user:ada", "openai/gpt-5-mini"),
        ("key:k", "openai/gpt-5"),
    ]
    assert found["change_percent"] == 100.0
    assert found["hours"] == [{"hour": 8, "calls": 2, "cost_usd": "0.000000000007"}]
    assert found["cost_drivers"]["model"][0] == {
        "name": "gpt-5-mini",
        "cost_usd": "0.0000000009",
        "share_percent": 90.0,
    }
    assert [day["day"] for day in found["days"]] == [ago(3), ago(2), ago(1)]


def test_nothing_used_is_no_error() -> None:
    found = statistics("acme", [], [], [], TODAY)

    assert found["totals"]["calls"] == 0
    assert (found["cost_per_call_usd"], found["change_percent"], found["providers"]) == (None, None, [])
