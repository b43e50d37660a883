"""Which budgets are refused, and how the good ones stand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.domain.budgets.budget import budget_from_json, make_budget
from heddle.domain.budgets.counter import parts
from heddle.domain.budgets.cover import Payer, Share, Shelf, bounds, window_of
from heddle.domain.budgets.health import health, status
from heddle.errors import InvalidInput

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {"scope": "user", "subject": "*", "period": "day", "limit_usd": "5"}


def test_a_budget_survives_json() -> None:
    budget = make_budget("b", **GOOD, shards=4, warn_at=(90, 10, 90))

    assert budget_from_json(budget.to_json()) == budget
    assert budget.warn_at == (10, 90)


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"limit_usd": "-1"}, "limit_usd", "negative"),
        ({"limit_usd": "NaN"}, "limit_usd", "decimal text"),
        ({"limit_usd": "Infinity"}, "limit_usd", "decimal text"),
        ({"limit_usd": "five"}, "limit_usd", "decimal text"),
        ({"limit_usd": ""}, "limit_usd", "decimal text"),
        ({"limit_usd": "0.0000000000001"}, "limit_usd", "finer than a picodollar"),
        ({"limit_usd": "1.0000000000015"}, "limit_usd", "take 1.000000000002"),
        ({"limit_usd": "1000000000.01"}, "limit_usd", "at most"),
        ({"scope": "planet"}, "scope", "tenant, user, api_key, workflow, run"),
        ({"subject": None}, "subject", "the id of a user, or *"),
        ({"subject": ""}, "subject", "the id of a user, or *"),
        ({"subject": "a b"}, "subject", "the id of a user, or *"),
        ({"scope": "tenant", "subject": "acme"}, "subject", "left out"),
        ({"scope": "tenant", "subject": None, "period": "run"}, "period", "take the scope run with the subject *"),
        ({"period": "week"}, "period", "run, hour, day, month, total"),
        ({"action": "explode"}, "action", "warn, downgrade, approve, block"),
        ({"action": "downgrade"}, "downgrade_to", "name the alias"),
        ({"downgrade_to": "fast"}, "downgrade_to", "leave it out"),
        ({"warn_at": (0,)}, "warn_at", "percentages from 1 to 100"),
        ({"warn_at": tuple(range(1, 12))}, "warn_at", "at most 10"),
        ({"shards": 0}, "shards", "from 1 to 64"),
        ({"shards": 65}, "shards", "from 1 to 64"),
    ],
)
def test_a_wrong_budget_is_refused_with_the_field_and_the_fix(wrong: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        make_budget("b", **{**GOOD, **wrong})

    assert raised.value.code == "invalid_budget"
    (error,) = raised.value.details["errors"]
    assert error["field"] == field
    assert says in error["message"]


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as raised:
        make_budget("-", scope="x", period="x", limit_usd="x", action="x", shards=99)

    fields = [error["field"] for error in raised.value.details["errors"]]
    assert fields == ["id", "scope", "period", "action", "shards", "limit_usd"]


@pytest.mark.parametrize("limit", ["0", "0.000000000001", " 5 ", "+5", "1e3", "1000000000", 7])
def test_every_amount_that_can_be_counted_is_a_limit(limit: str) -> None:
    assert make_budget("b", **{**GOOD, "limit_usd": str(limit)}).limit >= 0


def test_windows_are_utc_whatever_the_clock_says() -> None:
    late = datetime.fromisoformat("2026-11-30T23:30:00-02:00")

    windows = {period: window_of(period, late, "r1") for period in ("run", "hour", "day", "month", "total")}

    assert windows == {"run": "r1", "hour": "2026-12-01T01", "day": "2026-12-01", "month": "2026-12", "total": "total"}


def test_a_month_ends_when_the_next_begins() -> None:
    assert bounds("month", "2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert bounds("month", "2028-02") == (datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))
    assert bounds("total", "total") is None


def test_a_user_pays_from_budgets_of_everybody_and_of_that_user() -> None:
    budgets = [make_budget(ident, **{**GOOD, "subject": ident}) for ident in ("ada", "bob")]
    shelf = Shelf([*budgets, make_budget("all", **GOOD)])

    found = shelf.covering(Payer("user:ada"), NOW)

    assert {(share.budget.id, share.subject) for share in found} == {("ada", "ada"), ("all", "ada")}
    assert shelf.covering(Payer("system"), NOW) == []


@pytest.mark.parametrize("shards", [1, 3, 64])
def test_a_limit_is_divided_without_a_rest(shards: int) -> None:
    assert sum(parts(10**13 + 7, shards)) == 10**13 + 7
    assert max(parts(10**13 + 7, shards)) - min(parts(10**13 + 7, shards)) <= 1


@pytest.mark.parametrize(
    ("percent", "name"),
    [
        (0, "healthy"),
        (49, "healthy"),
        (50, "warning"),
        (79, "warning"),
        (80, "critical"),
        (94, "critical"),
        (95, "exceeded"),
        (99, "exceeded"),
        (100, "depleted"),
        (250, "depleted"),
    ],
)
def test_health_has_a_name(percent: int, name: str) -> None:
    assert health(percent) == name


def test_a_projection_goes_on_at_the_pace_so_far() -> None:
    share = Share(make_budget("b", **GOOD), "ada", "2026-11-20")

    found = status(share, spent=10**12, reserved=10**11, extra=10**12, now=NOW)

    assert (found.limit, found.left, found.percent) == (6 * 10**12, 49 * 10**11, 16)
    assert found.projected == 2 * 10**12
    over = status(share, spent=10**12, reserved=0, extra=0, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert over.projected == 10**12, "a window that is over has no further to go"


def test_of_a_budget_of_nothing_nothing_is_left() -> None:
    share = Share(make_budget("b", **{**GOOD, "limit_usd": "0"}), "ada", "2026-11-20")

    assert status(share, spent=0, reserved=0, extra=0, now=NOW).health == "depleted"
