"""One run's history while someone decides on it: load, tell commands, commit; whoever loses a race decides again.

load      newest state known to this container (or the snapshot), plus the events after it
tell      decide → events, folded into the state at once and kept until the commit
commit    append them; on a conflict read what the others wrote and tell the commands again, on top of that
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from heddle import records
from heddle.application.execution.metering import Metering
from heddle.application.execution.plans import Plans
from heddle.application.execution.step import Step
from heddle.application.ports.events import EventStore, NewEvent
from heddle.domain.engine.commands import RunCommand, WaitNode
from heddle.domain.engine.decide import consequences
from heddle.domain.engine.evolve import APPLY
from heddle.domain.engine.plan import Plan
from heddle.domain.engine.state import SCHEMA, RunState
from heddle.domain.engine.strands import PlanIndex, index_of
from heddle.domain.events.codec import decode, encode, schema_version
from heddle.domain.events.envelope import History, Metadata, Snapshot, StreamId
from heddle.errors import NotFound, VersionConflict

FIRST_PAUSE, MAX_PAUSE = 0.004, 0.5
"""Seconds between two attempts at a commit: at most, after the first lost race doubled, and after many."""


@records.dataclass(frozen=True, slots=True)
class _Known:
    """A run as this container last saw it. The state is never changed, only copied."""

    plan: Plan
    state: RunState
    version: int


@dataclass
class RunLog:
    """Opens runs. `pause` is called with a number of seconds before a lost commit is tried again."""

    store: EventStore
    plans: Plans
    now: Callable[[], datetime]
    chance: Callable[[], float]
    pause: Callable[[float], None]
    snapshot_every: int = 100
    commit_attempts: int = 60
    kept: int = 128
    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, tenant: str, run_id: str, metadata: Metadata, metering: Metering | None = None) -> "Session":
        """Load the run as it is now; NotFound if the tenant has no such run. With `metering` commits say their cost."""
        return Session(self, StreamId(tenant, "run", run_id), metadata, metering)

    def change(
        self,
        tenant: str,
        run_id: str,
        command: RunCommand | Callable[[RunState], RunCommand | None],
        *,
        metadata: Metadata,
    ) -> RunState:
        """Tell the run one command and commit what follows; returns the state afterwards.

        A function is asked for the command with the state as it is, again after every lost race; it may raise to
        refuse, or return None for nothing. Raises NotFound; VersionConflict if all attempts lost their race.
        """
        session = self.open(tenant, run_id, metadata)
        while True:
            told = command(session.state) if callable(command) else command
            if told is None:
                return session.state
            session.tell(told)
            if session.commit():
                return session.state
            session.forget()

    def known(self, stream: StreamId) -> _Known | None:
        """Return what this container last saw of the run."""
        with self._lock:
            found = self._known.get(stream.key)
            if found is not None:
                self._known.move_to_end(stream.key)
            return found

    def remember(self, stream: StreamId, known: _Known) -> None:
        """Keep the newest state of the run; an older one never replaces a newer one."""
        with self._lock:
            found = self._known.get(stream.key)
            if found is None or found.version < known.version:
                self._known[stream.key] = known
            self._known.move_to_end(stream.key)
            while len(self._known) > self.kept:
                self._known.popitem(last=False)


class Session:
    """A run being decided on. `state` includes what was told and is not committed yet."""

    plan: Plan
    index: PlanIndex
    state: RunState

    def __init__(self, log: RunLog, stream: StreamId, metadata: Metadata, metering: Metering | None = None) -> None:
        self._log = log
        self._stream = stream
        self._metadata = metadata
        self._metering = metering
        self._commands: list[RunCommand] = []
        self._pending: list[NewEvent] = []
        self._history = History(stream, ())
        self._lost = 0
        self._load()

    @property
    def pending(self) -> int:
        """How many events wait for the next commit."""
        return len(self._pending)

    def tell(self, command: RunCommand, at: datetime | None = None) -> bool:
        """Decide on the command; returns whether anything follows from it. `at` is the time now, if it is known."""
        index, state = self.index, self.state
        events = consequences(index, state, command)
        if not events:
            return False
        at = self._log.now() if at is None else at
        for event in events:
            APPLY[type(event)](index, state, event)
            name, data = encode(event)
            self._pending.append(NewEvent(name, data, at, schema_version(name)))
        self._commands.append(command)
        return True

    def commit(self, step: Step | None = None) -> bool:
        """Write what was told; True once all of it is history. `step` is what the caller answers in that case.

        False if someone else wrote first: the state is then what they made of the run, with the commands told again
        on top (not yet committed), except that nodes which were about to wait are not: their strand decides anew.
        """
        metering = self._metering
        if not self._pending:
            if step is not None and metering is not None:
                metering.hand_on(step)
            return True
        meter = None if metering is None else metering.read(self.state, step)
        try:
            commit = self._log.store.append(self._history, self._pending, self._metadata, meter, live=self.state.live)
        except VersionConflict:
            self._lost += 1
            if self._lost >= self._log.commit_attempts:
                raise
            if self._lost > 1:  # the first loss only tells that others were at work meanwhile
                # The more lose, the further apart they try again: forty lanes that end together all get through.
                self._log.pause(min(MAX_PAUSE, FIRST_PAUSE * 2.0 ** min(self._lost, 20)) * self._log.chance())
            commands = [command for command in self._commands if not isinstance(command, WaitNode)]
            self._load()
            for command in commands:
                self.tell(command)
            return False
        if metering is not None:
            metering.written()
        before, version = self._history.version, self._history.version + len(self._pending)
        self._history = History(self._stream, (), version, commit.number, commit.hash)
        self._commands.clear()
        self._pending.clear()
        self._lost = 0
        self._remember()
        every = self._log.snapshot_every
        if self.state.ended:  # nobody is in a hurry to read it again
            return True
        if before // every != version // every:
            self._log.store.save_snapshot(
                Snapshot(self._stream, version, commit.number, SCHEMA, self.state.to_json(), self._log.now())
            )
        return True

    def forget(self) -> None:
        """Drop what was told and not committed, and see what others wrote."""
        self._load()

    def _load(self) -> None:
        self._commands.clear()
        self._pending.clear()
        if self._metering is not None:
            self._metering.reads += 1
        known = self._log.known(self._stream) or self._from_snapshot()
        history = self._log.store.read(self._stream, after=known.version if known else 0)
        if history.version == 0:
            raise NotFound("there is no such run", code="run_not_found", run_id=self._stream.id)
        if known is None:
            data = history.events[0].data
            plan = self._log.plans.plan(self._stream.tenant, data["workflow_id"], data["workflow_version"])
            known = _Known(plan, RunState(), 0)
        self.plan, self.index, self.state = known.plan, index_of(known.plan), known.state.copy()
        for event in history.events:
            fact = decode(event.type, event.data, event.schema_version)
            APPLY[type(fact)](self.index, self.state, fact)
        self._history = History(self._stream, (), history.version, history.commit, history.head_hash)
        if history.version > known.version:
            self._remember()

    def _from_snapshot(self) -> _Known | None:
        snapshot = self._log.store.snapshot(self._stream, schema=SCHEMA)
        if snapshot is None:
            return None
        state = RunState.from_json(snapshot.state)
        plan = self._log.plans.plan(self._stream.tenant, state.workflow_id, state.workflow_version)
        return _Known(plan, state, snapshot.version)

    def _remember(self) -> None:
        self._log.remember(self._stream, _Known(self.plan, self.state.copy(), self._history.version))
