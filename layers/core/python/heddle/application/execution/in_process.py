"""The in-process driver: obeys the same Steps as the state machine, with threads in place of executions.

No thread ever waits for another strand: a fork counts its branches down, and the last one to end puts the work that
comes after into the line. So any nesting of forks runs on any number of threads.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from heddle.application.execution.step import RunRef, Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.domain.engine.strands import ROOT

Waiting = Callable[[Work, float], bool]
"""Waits for the outside: given the work of a callback step and its timeout, settles the node and returns True,
or returns False when the time is over."""


class Pace:
    """What sleeping means. This one sleeps for real; `heddle.testing.VirtualTime` only counts."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.sleep = sleep

    def began(self) -> None:
        """Someone has something to do now."""

    def ended(self) -> None:
        """They have done it."""


@dataclass
class _Fork:
    """A fork under way: branches that have not begun, how many are not over, and what comes after."""

    waiting: deque[Step]
    open: int
    work: Work
    parent: "_Fork | None"


@dataclass
class InProcessDriver:
    """Runs whole runs with `runner`. `concurrency` threads at most do works at a time."""

    runner: StrandRunner
    pace: Pace
    waiting: Waiting
    concurrency: int = 64

    def run(self, run: RunRef) -> None:
        """Drive the run until every strand has ended. An exception of a strand is raised here, once all have."""
        _Drive(self).run(run)


class _Drive:
    def __init__(self, driver: InProcessDriver) -> None:
        self._driver = driver
        self._runner = driver.runner
        self._line: deque[tuple[Step, _Fork | None]] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._open = 0
        self._errors: list[BaseException] = []

    def run(self, run: RunRef) -> None:
        budget = self._runner.settings.event_budget
        work: Work = {
            "run": run,
            "strand": {"id": ROOT, "until": None, "level": 0, "events_left": budget},
            "do": "start",
        }
        self._put({"next": "advance", "work": work}, None)
        self._work(main=True)
        if self._errors:
            raise self._errors[0]

    def _put(self, step: Step, fork: _Fork | None) -> None:
        """Put a strand's step into the line; another thread is started only if nobody is free to take it."""
        with self._changed:
            self._open += 1
            self._driver.pace.began()
            self._line.append((step, fork))
            # The thread that puts it here takes one itself when it is done, so the first in line needs no other.
            if len(self._line) > self._idle + 1 and self._threads < self._driver.concurrency - 1:
                self._threads += 1
                threading.Thread(target=self._work, name="strand", daemon=True).start()
            elif self._idle:
                self._changed.notify()

    def _work(self, main: bool = False) -> None:
        while True:
            with self._changed:
                while not self._line and self._open:
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                if not self._line:
                    if not main:
                        self._threads -= 1
                    return
                step, fork = self._line.popleft()
            try:
                self._strand(step, fork)
            except BaseException as error:
                self._errors.append(error)
                self._over(fork)
            finally:
                with self._changed:
                    self._open -= 1
                    self._driver.pace.ended()
                    if not self._open:
                        self._changed.notify_all()

    def _strand(self, step: Step, fork: _Fork | None) -> None:
        """Carry one strand on until it ends or forks."""
        while True:
            match step["next"]:
                case "end":
                    self._over(fork)
                    return
                case "fork":
                    self._fork(step, fork)
                    return
                case "wait":
                    self._driver.pace.sleep(step["seconds"])
                    step = self._runner.step(step["work"])
                case "callback":
                    work = step["work"]
                    if not self._driver.waiting(work, float(step["timeout_seconds"])):
                        work = {**work, "do": "timed_out"}
                    step = self._runner.step(work)
                case _:
                    step = self._runner.step(step["work"])

    def _fork(self, step: Step, parent: _Fork | None) -> None:
        strands, at_once = step["strands"], step["concurrency"]
        fork = _Fork(deque(strands[at_once:]), len(strands), step["work"], parent)
        for branch in strands[:at_once]:
            self._put(branch, fork)

    def _over(self, fork: _Fork | None) -> None:
        """Begin the next branch of the fork whose strand has ended, or, after the last, go on where it forked."""
        if fork is None:
            return
        with self._changed:
            fork.open -= 1
            following = fork.waiting.popleft() if fork.waiting else None
            last = fork.open == 0
        if following is not None:
            self._put(following, fork)
        elif last:
            self._put({"next": "advance", "work": fork.work}, fork.parent)
