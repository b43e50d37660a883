"""Start a run that comes out of the task queue, if its tenant has a slot for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from heddle.application.execution.session import RunLog
from heddle.application.execution.step import RunRef, Work
from heddle.application.ports.dispatch import Orchestrator, RunSlots, TaskQueue
from heddle.application.ports.limits import TenantLimits
from heddle.application.ports.rates import RateStore
from heddle.application.runs.execute_inline import ExecuteInline
from heddle.application.runs.free_slot import FreeSlot
from heddle.application.runs.lives import EXPRESS_WATCH_SECONDS, MAX_LIVES, lives
from heddle.application.runs.names import execution_name
from heddle.application.runs.start_rate import StartRate
from heddle.domain.engine import commands
from heddle.domain.engine.state import RunState
from heddle.domain.events.envelope import Metadata
from heddle.domain.priority import turn_at

EXECUTION_LOST = "execution_lost"
SPREAD_SECONDS = 10.0
SECONDS_FOR_INLINE = 10.0
"""Cheap nodes take milliseconds; a batch of ten runs that wait for retries still fits into one invocation."""


@dataclass(frozen=True)
class DispatchRun:
    """Bring a run into motion; safe to deliver twice, and in any order.

        ended already          acknowledge, and give back a slot it may still hold
        too many starts        look again when the rate allows it
        no slot                park in the tenant's own line; look again, as one may have come free in between
        inline                 carry it out here
        standard               start the execution called after the run: the second start of a name is the first
        express                the same if it has not begun, as a name does not protect an Express execution from a
                               second start; and look again after five minutes: it can die unheard, and what it left
                               undone is then done by a standard one. So is what follows a resumption
        watch                  an execution died (or an express one is over): if none carries the run, start another

    Sub-runs run in the slot of their parent. If they needed their own, parents that hold all slots would wait for
    children that never get one.
    """

    runs: RunLog
    slots: RunSlots
    free_slot: FreeSlot
    orchestrator: Orchestrator
    queue: TaskQueue
    inline: ExecuteInline
    limits: TenantLimits
    rates: RateStore
    now: Callable[[], datetime]
    chance: Callable[[], float]
    event_budget: int

    def __call__(self, run: RunRef, *, reason: str) -> str:
        """Dispatch the run and return what became of it.

        `ended`, `later`, `parked`, `inline`, `waiting` (inline, and not done in time), `started`; and of a watched run
        `carried` or `given up`.

        Raises NotFound for a run that was never requested, and UpstreamUnavailable: the queue then delivers again.
        """
        tenant, run_id = run["tenant"], run["id"]
        state = self.runs.open(tenant, run_id, Metadata(run["correlation_id"])).state
        if state.ended:
            self.slots.unpark(tenant, run_id)
            # Whoever ended it has called the next one in. If each copy of such a call did so again, second deliveries
            # would make copies of copies for as long as there is a line.
            if self.slots.release(tenant, run_id) or reason != "slot":
                self.free_slot.call_next(tenant)
            return "ended"
        if state.depth == 0:
            if reason == "requested" and state.started_at is None and (wait := self._wait(tenant)):
                self.queue.send(run, reason=reason, delay_seconds=wait, priority=state.priority)
                return "later"
            if not self._has_slot(run, state.priority):
                return "parked"
            # More than one slot may be free: who comes out of the line calls the next one, and so does who is new.
            if self.slots.unpark(tenant, run_id) or reason == "requested":
                self.free_slot.call_next(tenant)
        if state.mode == "inline":
            if self.inline(run, seconds=SECONDS_FOR_INLINE):
                return "inline"
            self.queue.send(run, reason="inline_again", delay_seconds=1, priority=state.priority)
            return "waiting"
        name = execution_name(run_id, state.resumed)
        on_express = state.mode == "express" and state.resumed == 0
        # A run that waited for its slot once more may be one whose execution died before.
        if reason == "watch" or (reason == "slot" and state.started_at is not None and not on_express):
            return self._take_up(run, state)
        if on_express:
            if state.started_at is None:
                self.orchestrator.start(name, self._work(run), mode="express")
            self.queue.send(run, reason="watch", delay_seconds=EXPRESS_WATCH_SECONDS, priority=state.priority)
        else:
            self.orchestrator.start(name, self._work(run), mode="standard")
        return "started"

    def _take_up(self, run: RunRef, state: RunState) -> str:
        """Start a further execution of a run that none carries any more; fail the run if it has used up too many."""
        for name, running in lives(self.orchestrator, run["id"], state):
            if running:
                return "carried"
            if running is None:
                self.orchestrator.start(name, self._work(run, lost=True), mode="standard")
                return "started"
        message = f"{MAX_LIVES} executions of the run died one after the other"
        failed = commands.FailRun(EXECUTION_LOST, message, self.now().isoformat())
        self.runs.change(run["tenant"], run["id"], failed, metadata=Metadata(run["correlation_id"]))
        return "given up"

    def _wait(self, tenant: str) -> int:
        """Count a start; return 0, or the seconds after which to ask again.

        Whoever is above the rate asks at a random time of some seconds: all at once, one would get through.
        """
        wait = StartRate(self.limits, self.rates, self.now).take(tenant)
        return ceil(wait + self.chance() * SPREAD_SECONDS) if wait > 0 else 0

    def _has_slot(self, run: RunRef, priority: str) -> bool:
        tenant, run_id = run["tenant"], run["id"]
        limit = self.limits.of(tenant).concurrent_runs
        if self.slots.acquire(tenant, run_id, limit=limit):
            return True
        now = self.now()
        message = {
            "id": run_id,
            "correlation_id": run["correlation_id"],
            "priority": priority,
            "parked_at": now.isoformat(),
        }
        self.slots.park(tenant, run_id, at=turn_at(priority, now).isoformat(), message=message)
        return self.slots.acquire(tenant, run_id, limit=limit)

    def _work(self, run: RunRef, *, lost: bool = False) -> Work:
        work: Work = {
            "run": run,
            "strand": {"id": "0", "until": None, "level": 0, "events_left": self.event_budget},
            "do": "start",
        }
        if lost:
            work["do"] = "lost"
            work["error"] = {"Error": EXECUTION_LOST, "Cause": "the execution ended before the run did"}
        return work
