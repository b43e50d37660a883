"""The items of a for_each: how they are cut, how often they are committed, what is left when a function dies."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from heddle.adapters.memory.events import MemoryEventStore
from heddle.application.execution.placement import cut
from heddle.application.execution.session import MAX_PAUSE
from heddle.application.execution.settings import ExecutionSettings
from heddle.application.ports.events import NewEvent
from heddle.domain.engine.commands import CancelRun
from heddle.domain.events.envelope import Commit, History, Metadata
from heddle.domain.events.run_events import NodeItemsCompleted
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import VersionConflict
from heddle.testing.run_workflow import Workbench, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import ForEach, plan_of, work
from tests.support.runs import first_work


class Killed(BaseException):
    """The function that runs a node is gone."""


@pytest.mark.parametrize(
    ("count", "concurrency", "chunk", "lanes", "threads"),
    [
        (20, 10, 1, 10, 1),
        (10_000, 10, 100, 10, 1),
        (10_000, 40, 25, 40, 1),
        (10_000, 1, 1000, 1, 1),
        (10_000, 1000, 25, 40, 25),
        (100, 1000, 25, 40, 25),
    ],
)
def test_a_lane_gets_about_ten_chunks(count: int, concurrency: int, chunk: int, lanes: int, threads: int) -> None:
    found = cut(count, concurrency, ExecutionSettings())

    assert (found.chunk, found.lanes, found.threads) == (chunk, lanes, threads)


def test_what_is_done_is_committed_every_ten_seconds() -> None:
    time = VirtualTime()

    def slow(task: NodeTask) -> NodeResult:
        time.sleep(4)
        return NodeResult(task.item_index)

    node = work("a", for_each=ForEach("{{ input.items }}", 1))

    run = run_workflow(plan_of([node]), {"items": [0] * 50}, runners={"work": slow}, time=time)

    ranges = [(event.start, event.stop) for event in run.events if isinstance(event, NodeItemsCompleted)]
    assert ranges[:4] == [(0, 3), (3, 5), (5, 8), (8, 10)]  # chunks of five items, three of which take ten seconds
    assert run.output_of("a") == list(range(50))


def test_items_that_had_not_begun_when_their_function_died_are_still_run() -> None:
    begun: Counter[int | None] = Counter()
    dies = [True]

    def act(task: NodeTask) -> NodeResult:
        begun[task.item_index] += 1
        if task.item_index == 1 and dies.pop():
            raise Killed
        return NodeResult(task.item_index)

    each = ForEach("{{ input.items }}", 1)
    node = work("a", for_each=each, effects="once", on_error="continue", fallback="unknown")
    bench = Workbench(plan_of([node]), runners={"work": act})
    run = bench.request({"items": [0] * 40})
    advance = bench.runner(hosted=frozenset())
    fork = advance.step(first_work(run))
    lane: Any = fork["strands"][0]["work"]

    with pytest.raises(Killed):
        bench.runner().step(lane)
    lost: Any = {**lane, "do": "lost", "error": {"Error": "Runtime.ExitError", "Cause": ""}}
    again = advance.step(lost)
    bench.runner().step(again["work"])
    for strand in fork["strands"][1:]:
        bench.runner().step(strand["work"])
    bench.runner().step(fork["work"])

    assert (lane["start"], lane["stop"]) == (0, 4)
    assert begun == Counter(range(40))
    assert bench.finished(run).output_of("a") == ["unknown", "unknown", *range(2, 40)]


class Contended(MemoryEventStore):
    """A store in which someone else is quicker, as often as `races` says."""

    races = 0

    def append(
        self,
        history: History,
        events: Sequence[NewEvent],
        metadata: Metadata,
        meter: dict[str, Any] | None = None,
        *,
        live: bool = False,
    ) -> Commit:
        if self.races:
            self.races -= 1
            raise VersionConflict("someone else was quicker", expected=history.commit)
        return super().append(history, events, metadata)


def test_commits_that_lose_their_race_are_tried_ever_further_apart() -> None:
    pauses: list[float] = []
    store = Contended()
    bench = Workbench(plan_of([work("a")]), chance=lambda: 1.0, store=store)
    run = bench.request()
    log = bench.runner().log
    log.pause = pauses.append
    store.races = 12

    log.change("test", run["id"], CancelRun("", "me", bench.now().isoformat()), metadata=Metadata("c"))

    assert len(pauses) == 11  # the first loss only says that others were at work meanwhile
    assert pauses == sorted(pauses)
    assert [round(pause, 3) for pause in (pauses[0], pauses[-1])] == [0.016, MAX_PAUSE]
