"""The function that repairs schedules: what it was asked for, and what it says when time is short."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.ops.repair_schedules import handler
from heddle.application.triggers.repair_schedules import Drifted
from tests.support.lambdas import Context


class Repairs:
    """Finds three timers that drifted, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def of_tenant(self, tenant: str, *, dry_run: bool) -> Iterator[Drifted]:
        self.asked.append((tenant, dry_run))
        yield Drifted("t1", tenant, "missing")

    def of_stage(self, *, dry_run: bool) -> Iterator[Drifted]:
        self.asked.append(dry_run)
        yield Drifted("t1", "acme", "missing")
        yield Drifted("t2", "", "surplus")
        yield Drifted("t3", "globex", "different")


@pytest.fixture
def repairs(monkeypatch: pytest.MonkeyPatch) -> Repairs:
    made = Repairs()
    monkeypatch.setattr(handler, "use_case", lambda: made)
    return made


def test_all_of_the_stage_are_repaired_unless_it_is_told_otherwise(repairs: Repairs) -> None:
    answer = handler.lambda_handler({}, Context())
    handler.lambda_handler({"dry_run": True}, Context())

    assert {name: answer[name] for name in ("missing", "surplus", "different", "done")} == {
        "missing": 1,
        "surplus": 1,
        "different": 1,
        "done": True,
    }
    assert answer["drifted"][1] == {"trigger_id": "t2", "tenant": "", "drift": "surplus"}
    assert repairs.asked == [False, True]


def test_one_tenant_is_looked_at_alone(repairs: Repairs) -> None:
    answer = handler.lambda_handler({"tenant": "acme", "dry_run": True}, Context())

    assert repairs.asked == [("acme", True)]
    assert (answer["missing"], answer["surplus"]) == (1, 0)


def test_it_says_that_there_was_no_time_for_all(repairs: Repairs) -> None:
    answer = handler.lambda_handler({}, Context(seconds=10))

    assert (answer["missing"], answer["surplus"], answer["done"]) == (1, 0, False)
