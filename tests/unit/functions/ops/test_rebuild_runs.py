"""Rows of runs made anew: one run's, or a tenant's, in as many calls as it takes."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from functions.ops.rebuild_runs import handler
from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.runs import MemoryRunStore
from heddle.application.ports.events import NewEvent
from heddle.application.projections.rebuild_runs import RebuildRuns
from heddle.domain.events.envelope import History, Metadata, StreamId
from tests.support.lambdas import Context

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REQUESTED = {"workflow_id": "w", "workflow_version": 1, "input": {}, "requested_at": "t"}
RUNS = ("a", "b", "c")


@dataclass
class ShortOfTime:
    """A context whose time is over after so many looks."""

    looks: int
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 800_000 if self.looks >= 0 else 1_000


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> MemoryRunStore:
    events, runs = MemoryEventStore(), MemoryRunStore()
    for tenant, run in [("acme", run) for run in RUNS] + [("other", "x")]:
        events.append(
            History(StreamId(tenant, "run", run), ()), [NewEvent("RunRequested", REQUESTED, NOW)], Metadata("c")
        )
    monkeypatch.setattr(handler, "use_case", lambda: RebuildRuns(runs, events, MemoryCatalogStore()))
    return runs


def positions(rows: MemoryRunStore) -> list[int]:
    return [rows.position("acme", run) for run in RUNS]


def test_one_run_is_rebuilt(rows: MemoryRunStore) -> None:
    answer = handler.lambda_handler({"tenant": "acme", "run": "b"}, Context())

    assert answer == {"rebuilt": 1, "next": None}
    assert positions(rows) == [0, 1, 0]


def test_a_run_that_never_was_is_none(rows: MemoryRunStore) -> None:
    assert handler.lambda_handler({"tenant": "acme", "run": "x"}, Context()) == {"rebuilt": 0, "next": None}


def test_all_runs_of_a_tenant_and_no_others_are_rebuilt(rows: MemoryRunStore) -> None:
    answer = handler.lambda_handler({"tenant": "acme"}, Context(seconds=900))

    assert answer == {"rebuilt": 3, "next": None}
    assert (positions(rows), rows.position("other", "x")) == ([1, 1, 1], 0)


def test_what_there_was_no_time_for_is_done_by_the_next_call(rows: MemoryRunStore) -> None:
    first = handler.lambda_handler({"tenant": "acme"}, ShortOfTime(2))
    second = handler.lambda_handler({"tenant": "acme", "skip": first["next"]}, Context(seconds=900))

    assert (first, second) == ({"rebuilt": 2, "next": 2}, {"rebuilt": 1, "next": None})
    assert positions(rows) == [1, 1, 1]
