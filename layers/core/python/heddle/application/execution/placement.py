"""Which Step carries which nodes: pure choices about forks, executions and chunks."""

from collections.abc import Sequence
from math import ceil

from heddle.application.execution.settings import ExecutionSettings
from heddle.application.execution.step import RunRef, Step, StrandRef, Work
from heddle.domain.engine.strands import ROOT, PlanIndex, branch_name
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Chunks:
    """How a for_each is cut: `chunk` items at a time, in `lanes` lanes, with `threads` threads inside each."""

    chunk: int
    lanes: int
    threads: int


def cut(count: int, concurrency: int, settings: ExecutionSettings) -> Chunks:
    """Cut `count` items so that at most `concurrency` run at a time, in at most `max_chunks` chunks.

    Every chunk costs a call and a commit, so a lane gets about `rounds` of them: enough for lanes to end together.
    """
    lanes = max(1, min(concurrency, settings.lanes, count))
    threads = max(1, concurrency // lanes)
    chunks = min(settings.max_chunks, lanes * settings.rounds)
    return Chunks(max(1, threads, ceil(count / chunks)), lanes, threads)


def missing(count: int, chunk: int, done: dict[int, int]) -> list[tuple[int, int]]:
    """Return the ranges that are still to be run, at most `chunk` items each; `done` maps starts to stops."""
    ranges, position = [], 0
    while position < count:
        if position in done:
            position = done[position]
            continue
        stop = min(position + chunk, count, min((start for start in done if start > position), default=count))
        ranges.append((position, stop))
        position = stop
    return ranges


@dataclass(frozen=True, slots=True)
class Place:
    """A strand and where it stands; makes the works and steps that carry it on."""

    run: RunRef
    strand: StrandRef
    settings: ExecutionSettings

    def work(self, spent: int | None = None) -> Work:
        """Return a Work to be filled in; `spent` are the history events that carrying it on will cost."""
        spent = self.settings.step_events if spent is None else spent
        left = max(0, self.strand["events_left"] - spent)
        return {"run": self.run, "strand": {**self.strand, "events_left": left}, "do": "start"}

    def fits(self, branches: int) -> bool:
        """Tell whether this execution's history has room for a step, or for a fork of so many branches.

        A new execution has room for anything: moving on to another new one would not help.
        """
        if self.strand["events_left"] >= self.settings.event_budget:
            return True
        needed = self.settings.event_reserve if self.strand["level"] == 0 else self.settings.step_events
        return self.strand["events_left"] >= needed + branches * 2 * self.settings.step_events

    def may_fork(self) -> bool:
        """Tell whether a fork may lie inside this execution."""
        return self.strand["level"] < self.settings.inline_levels

    def branch_events(self, branches: int) -> int:
        """Return the share of the history that each branch gets."""
        return min(self.settings.branch_events, self.strand["events_left"] // (2 * branches))

    def branch(self, index: PlanIndex, join: str | None, number: int, share: int) -> "Place":
        """Return the place of branch `number` of a fork of this strand."""
        strand: StrandRef = {
            "id": branch_name(index, self.strand["id"], join, number),
            "until": join,
            "level": self.strand["level"] + 1,
            "events_left": share,
        }
        return Place(self.run, strand, self.settings)

    def elsewhere(self, nodes: Sequence[str], execution: str) -> Step:
        """Return the step that takes the strand, with its nodes, to an execution of its own."""
        work = self.work()
        work["strand"] = {**self.strand, "level": 0, "events_left": self.settings.event_budget}
        if nodes:
            work["nodes"] = list(nodes)
        # Whoever waits for a strand of a child execution waits for that execution: only the first strand may leave it.
        if self.strand["id"] == ROOT:
            return {"next": "continue", "execution": execution, "work": work}
        return {"next": "child", "work": work}
