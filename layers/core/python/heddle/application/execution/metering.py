"""What one call of the kernel takes, so that a commit can say what it cost to make it.

A commit carries what happened since the one before it in the same call: an invocation and its milliseconds, and the
states that the state machine enters because of the Step that is answered. A call that has nothing to commit hands its
count on in the work of its Step, so that whoever does that work commits it.

    Step        states entered because of it            besides the states of the functions' own Steps
    end         Route End
    task        Route RunTask
    advance     Route Advance
    wait        Route Wait Advance
    callback    Route AwaitCallback Advance             and one invocation more: the callbacks function
    fork        Route Fork, those of its branches, Advance
    child       Route RunChild, in the child Advance, End
    continue    Route Continue End                      the new execution counts its own Advance

The first call of an execution counts the Advance that it began with, and a call about something lost counts the state
that told it so. Retries that Step Functions makes by itself are not seen here.
"""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Any

from heddle.application.execution.settings import ExecutionSettings
from heddle.application.execution.step import Step, Work
from heddle.domain.engine.state import RunState
from heddle.domain.engine.strands import ROOT
from heddle.domain.engine.times import seconds_between

STATES_OF_STEP = {
    "end": 2,
    "task": 2,
    "advance": 2,
    "wait": 3,
    "callback": 3,
    "fork": 3,
    "child": 4,
    "continue": 3,
}
"""States entered because of a Step, up to and including the next function's; a fork's branches not included."""


def transitions(step: Step) -> int:
    """Return how many states are entered because of the Step, its branches' first states included."""
    return STATES_OF_STEP[step["next"]] + sum(transitions(branch) for branch in step.get("strands", ()))


def _callbacks(step: Step) -> int:
    """Return how often the Step calls the function that registers callbacks."""
    return (step["next"] == "callback") + sum(_callbacks(branch) for branch in step.get("strands", ()))


class Metering:
    """The meter of one call. `read` gives what is not written yet; `written` says that it now is.

    Time is counted from the beginning of the call to the moment of the last commit: a write itself belongs to the
    next commit, and nothing tells of the last one.
    """

    __slots__ = ("_began", "_counted", "_inline", "_monotonic", "_now", "_read", "_settings", "_written", "reads")

    def __init__(
        self,
        work: Work,
        settings: ExecutionSettings,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._monotonic, self._now = monotonic, now
        self._began = monotonic()
        self._read = self._written = 0
        self.reads = 0
        self._inline = settings.mode == "inline"
        first = begins_execution(work)
        if self._inline:
            counted = {"invocations": int(first), "transitions": 0}
        elif first:
            counted = {"invocations": 1, "transitions": 1, "executions": 1}
        else:
            counted = {"invocations": 1, "transitions": int(work["do"] == "lost")}
        for name, count in work.get("meter", {}).items():
            counted[name] = counted.get(name, 0) + count
        self._counted = counted

    def read(self, state: RunState, step: Step | None) -> dict[str, Any]:
        """Return what the commit says; `step` is what is answered once it is written, if that is known."""
        meter: dict[str, Any] = self._with(step)
        self._read = ceil((self._monotonic() - self._began) * 1000)
        meter["ms"] = self._read - self._written
        meter["mb"] = self._settings.memory_mb
        # An Express run that was resumed is carried on by a standard execution.
        mode = "standard" if state.mode == "express" and state.resumed else state.mode
        meter["mode"] = "inline" if self._inline else mode
        if self._settings.architecture != "arm64":
            meter["architecture"] = self._settings.architecture
        if self.reads:
            meter["reads"] = meter.get("reads", 0) + self.reads
        if meter["mode"] == "express" and state.ended and state.started_at is not None:
            took = seconds_between(state.started_at, self._now().isoformat())
            meter["execution_ms"] = max(0, ceil(took * 1000))
        return meter

    def written(self) -> None:
        """Count from the last reading on: all of it is history now."""
        self._written = self._read
        self.reads = 0
        self._counted = {"invocations": 0, "transitions": 0}

    def hand_on(self, step: Step) -> None:
        """Give what no commit here says to the work of the Step. The end of a strand has none: there it is lost."""
        if "work" in step:
            ms = ceil((self._monotonic() - self._began) * 1000) - self._written
            counted = self._with(step)
            counted["reads"] = counted.get("reads", 0) + self.reads
            counted["earlier_ms"] = counted.get("earlier_ms", 0) + ms
            counted["earlier_mb_ms"] = counted.get("earlier_mb_ms", 0) + ms * self._settings.memory_mb
            step["work"]["meter"] = {name: count for name, count in counted.items() if count}

    def _with(self, step: Step | None) -> dict[str, Any]:
        counted: dict[str, Any] = dict(self._counted)
        if step is not None and not self._inline:
            counted["transitions"] += transitions(step)
            counted["invocations"] += _callbacks(step)
        return counted


def begins_execution(work: Work) -> bool:
    """Tell whether an execution begins with this work: a first one, a continuation, or one after a resumption."""
    return work["strand"]["id"] == ROOT and "node" not in work and work["do"] in ("start", "lost")
