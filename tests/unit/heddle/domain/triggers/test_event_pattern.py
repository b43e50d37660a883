"""Patterns match as EventBridge's do."""

from typing import Any

import pytest

from heddle.domain.triggers.event_pattern import check_pattern, matches
from heddle.errors import InvalidInput

EVENT: dict[str, Any] = {
    "source": "shop",
    "detail-type": "OrderPaid",
    "detail": {
        "total": 40,
        "state": "Paid",
        "tags": ["eu", "new"],
        "ip": "10.0.0.7",
        "note": None,
        "gift": False,
        "empty": [],
        "nested": [["deep"], "flat"],
        "items": [{"sku": "a", "count": 2}, {"sku": "b", "count": 5}],
        "buyer": {"name": "Ada Lovelace"},
    },
}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"state": ["Paid", "Open"]}, True),
        ({"state": ["paid"]}, False),
        ({"total": [40]}, True),
        ({"total": ["40"]}, False),
        ({"gift": [False]}, True),
        ({"gift": [0]}, False),
        ({"note": [None]}, True),
        ({"absent": [None]}, False),
        ({"tags": ["new"]}, True),
        ({"tags": ["old"]}, False),
        ({"state": [{"prefix": "Pa"}]}, True),
        ({"state": [{"prefix": {"equals-ignore-case": "pA"}}]}, True),
        ({"state": [{"suffix": "id"}]}, True),
        ({"state": [{"suffix": "ID"}]}, False),
        ({"state": [{"equals-ignore-case": "pAID"}]}, True),
        ({"state": [{"wildcard": "P*d"}]}, True),
        ({"state": [{"wildcard": "*ai*"}]}, True),
        ({"state": [{"wildcard": "P*x*d"}]}, False),
        ({"state": [{"wildcard": "Paid*Paid"}]}, False),
        ({"state": [{"wildcard": "P\\*"}]}, False),
        ({"state": [{"anything-but": "Open"}]}, True),
        ({"state": [{"anything-but": ["Open", "Paid"]}]}, False),
        ({"state": [{"anything-but": {"prefix": "P"}}]}, False),
        ({"state": [{"anything-but": {"suffix": ["x", "y"]}}]}, True),
        ({"absent": [{"anything-but": "Open"}]}, False),
        ({"total": [{"anything-but": 41}]}, True),
        ({"total": [{"numeric": [">", 0, "<=", 40]}]}, True),
        ({"total": [{"numeric": ["<", 40]}]}, False),
        ({"state": [{"numeric": ["=", 40]}]}, False),
        ({"state": [{"exists": True}]}, True),
        ({"absent": [{"exists": False}]}, True),
        ({"absent": [{"exists": True}]}, False),
        ({"state": [{"exists": False}]}, False),
        ({"empty": [{"exists": True}]}, True),
        ({"empty": {"x": [{"exists": False}]}}, True),
        ({"nested": ["deep"]}, True),
        ({"items": {"sku": ["a"], "count": [2]}}, True),
        ({"items": {"sku": ["a"], "count": [5]}}, False),
        ({"buyer": [{"exists": True}]}, False),
        ({"tags": [{"anything-but": "eu"}]}, True),
        ({"state": [{"anything-but": {"wildcard": "P*"}}]}, False),
        ({"ip": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"ip": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"state": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"buyer": {"name": [{"prefix": "Ada"}]}}, True),
        ({"buyer": {"mail": [{"exists": False}]}}, True),
        ({"seller": {"mail": [{"exists": False}]}}, True),
        ({"$or": [{"total": [1]}, {"state": ["Paid"]}]}, True),
        ({"$or": [{"total": [1]}, {"state": ["Open"]}]}, False),
        ({"state": ["Paid"], "total": [41]}, False),
    ],
)
def test_a_rule_matches_what_eventbridge_says(rule: dict[str, Any], expected: bool) -> None:
    pattern = {"detail": rule}
    check_pattern(pattern)

    assert matches(pattern, EVENT) is expected


def test_fields_of_the_envelope_match_too() -> None:
    assert matches({"source": ["shop"], "detail-type": [{"prefix": "Order"}]}, EVENT)
    assert not matches({"source": ["bank"]}, EVENT)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({}, "at least one field"),
        ({"detail": {}}, "pattern.detail must be an object with at least one"),
        ({"source": "shop"}, "pattern.source must be a list"),
        ({"source": []}, "must be a list"),
        ({"source": [{"prefix": 1}]}, r"pattern.source\[0\] prefix cannot be"),
        ({"source": [{"like": "a"}]}, "does not know 'like'"),
        ({"source": [{"prefix": "a", "suffix": "b"}]}, "exactly one"),
        ({"source": [["a"]]}, "must be text"),
        ({"detail": {"n": [{"numeric": [">"]}]}}, "numeric cannot be"),
        ({"detail": {"n": [{"numeric": ["~", 1]}]}}, "numeric cannot be"),
        ({"detail": {"n": [{"cidr": "a"}]}}, "cidr cannot be"),
        ({"detail": {"n": [{"exists": "yes"}]}}, "exists cannot be"),
        ({"detail": {"n": [{"wildcard": "a**b"}]}}, r"two \* in a row"),
        ({"detail": {"n": [{"wildcard": "*a*b*c*d*e*f"}]}}, "more than 5"),
        ({"$or": [{"source": ["a"]}]}, "at least two"),
        ({"source": [{"prefix": ""}]}, "matches every event"),
        ({"source": [{"exists": True}, {"exists": False}]}, "matches every event"),
        ({"$or": [{"source": [{"wildcard": "*"}]}, {"source": ["a"]}]}, "matches every event"),
        ({"id": [{"exists": True}]}, "matches every event"),
        ({"source": [{"exists": True}]}, "matches every event"),
        ({"source": [{"prefix": {"equals-ignore-case": ""}}]}, "matches every event"),
        ({"source": ["a", {"anything-but": "a"}]}, "matches every event"),
        ({"source": [{"anything-but": {"wildcard": ["a", "a**b"]}}]}, r"two \* in a row"),
        ({"source": [{"anything-but": ["x" * 50] * 100}]}, "at most 4096"),
    ],
)
def test_what_is_no_pattern_or_matches_everything_is_refused(pattern: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        check_pattern(pattern)


def test_a_pattern_that_is_too_deep_or_too_long_is_refused() -> None:
    deep: dict[str, Any] = {"a": ["x"]}
    for _ in range(12):
        deep = {"a": deep}

    with pytest.raises(InvalidInput, match="nested"):
        check_pattern(deep)
    with pytest.raises(InvalidInput, match="300 rules"):
        check_pattern({"a": [str(n) for n in range(300)]})
