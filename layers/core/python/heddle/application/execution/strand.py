"""The kernel that every driver shares: do one work of a strand, decide, carry on as far as possible, say what is next.

    work ──► settle what it brings ──► run cheap nodes ──► one heavy node hosted here? run it ──┐
                                            ▲                        │ no                       │
                                            └────────────────────────┼──────────────────────────┘
                                                                     ▼
                                              commit, answer the Step (task, fork, wait, …)

Events are kept until a heavy node is about to begin or a Step is answered, so a run commits about once per heavy node,
and everyone who watches still sees each of them begin and end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from heddle.application.execution.attempt import Attempts
from heddle.application.execution.call import StrandCall
from heddle.application.execution.metering import Metering
from heddle.application.execution.payloads import PayloadCache, Payloads
from heddle.application.execution.plans import Plans
from heddle.application.execution.rendering import Scope
from heddle.application.execution.session import RunLog, Session
from heddle.application.execution.settings import UNLIMITED, ExecutionSettings
from heddle.application.execution.step import RunRef, Step, Work
from heddle.application.ports.attempts import Claims, NodeCache
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.secrets import Secrets
from heddle.domain.events.envelope import Metadata
from heddle.domain.nodes.spec import EngineRunner, NodeRunners
from heddle.errors import InvalidCommand


@dataclass(frozen=True)
class StrandRunner:
    """Does works of strands. One per container: it remembers runs and payloads between calls, and is safe in threads.

    `hosted` are the keys of the node functions that this process stands for; `runners` do their node types.
    `now` gives UTC time, `monotonic` seconds, `new_id` an owner nobody had before, `chance` a number 0..1, `sleep`
    waits. `source` goes into the metadata of every event. `log` lets use cases tell a run something themselves.
    """

    store: EventStore
    blobs: BlobStore
    plans: Plans
    engine_runners: Mapping[str, EngineRunner]
    runners: NodeRunners
    hosted: frozenset[str]
    cache: NodeCache
    claims: Claims
    secrets: Secrets
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]
    new_id: Callable[[], str]
    settings: ExecutionSettings = field(default_factory=ExecutionSettings)
    source: str = "heddle.engine"
    principal: str = "system"
    log: RunLog = field(init=False, repr=False)
    attempts: Attempts = field(init=False, repr=False)
    kept: PayloadCache = field(init=False, repr=False, default_factory=PayloadCache)

    def __post_init__(self) -> None:
        log = RunLog(
            self.store,
            self.plans,
            self.now,
            self.chance,
            self.sleep,
            snapshot_every=self.settings.snapshot_every,
            commit_attempts=self.settings.commit_attempts,
        )
        attempts = Attempts(self.engine_runners, self.runners, self.cache, self.claims, self.now)
        object.__setattr__(self, "log", log)
        object.__setattr__(self, "attempts", attempts)

    def step(self, work: Work, seconds_left: float = UNLIMITED) -> Step:
        """Do the work and answer the next step. The same work may come again, and at the same time as its first copy.

        Raises NotFound for an unknown run and VersionConflict (retryable) if every commit lost its race; errors of
        nodes never come out, they become events.
        """
        return StrandCall(self, work, seconds_left).go()

    def waiting_config(self, work: Work) -> dict[str, object]:
        """Return the rendered config of the waiting node, or of the item, that a callback step's work is about."""
        session = self.open(work["run"])
        if "node" not in work:
            raise InvalidCommand("this work is about no node")
        node = session.plan.nodes[work["node"]]
        scope = self.scope(work["run"], session)
        extra = None
        items = session.state.node(node.id).items
        if "start" in work and items is not None:
            extra = {"item": scope.payloads.load(items.items)[work["start"]], "index": work["start"]}
        return dict(scope.config(node, work.get("attempt", 1), extra))

    def open(self, run: RunRef, metering: Metering | None = None) -> Session:
        """Load the run."""
        metadata = Metadata(run["correlation_id"], principal=self.principal, source=self.source)
        return self.log.open(run["tenant"], run["id"], metadata, metering)

    def scope(self, run: RunRef, session: Session) -> Scope:
        """Return the names that expressions see in the run as it is now."""
        return Scope(run, session.state, self.payloads(run), self.secrets)

    def payloads(self, run: RunRef) -> Payloads:
        """Return the payloads of the run's tenant."""
        return Payloads(run["tenant"], self.blobs, self.kept, self.settings.max_output_bytes)
