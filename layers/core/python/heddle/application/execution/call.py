"""One call of the kernel: settle what the work brings, then go on with the strand until someone else must."""

from typing import TYPE_CHECKING, Any

from heddle.application.execution.attempt import Done, Failed, Held
from heddle.application.execution.items import ItemsCall
from heddle.application.execution.metering import Metering
from heddle.application.execution.onward import Onward
from heddle.application.execution.placement import Place
from heddle.application.execution.recovery import lose, time_out
from heddle.application.execution.rendering import Scope
from heddle.application.execution.settings import UNLIMITED
from heddle.application.execution.step import END, Step, Work
from heddle.application.runs.lives import on_express
from heddle.domain.engine import commands as c
from heddle.domain.engine.plan import PlanNode
from heddle.domain.engine.state import CANCELLING, HOLD, REQUESTED, SCHEDULED, WAITING
from heddle.domain.engine.times import later, seconds_between
from heddle.errors import HeddleError

if TYPE_CHECKING:
    from heddle.application.execution.strand import StrandRunner


CLOCK_GRAIN = 0.00025
HOLD_SECONDS = 604_800.0
HOLD_APPROVER = "admin"
"""Who may let a held node go on, and for how long it waits: a week."""


class StrandCall:
    """The state of one call: the session, the nodes taken over by name, the time that is left."""

    def __init__(self, runner: "StrandRunner", work: Work, seconds_left: float) -> None:
        self.runner = runner
        self.work = work
        metering = Metering(work, runner.settings, runner.monotonic, runner.now)
        self.ends = runner.monotonic() + seconds_left
        self.unlimited = seconds_left >= UNLIMITED
        self.session = runner.open(work["run"], metering)
        self.place = Place(work["run"], work["strand"], runner.settings)
        self.strand = work["strand"]["id"]
        self.owner = runner.new_id()
        self.taken: list[str] = [work["node"]] if "node" in work else list(work.get("nodes", ()))
        if "node" not in work and work["do"] in ("start", "joined", "lost"):
            self.taken += self._orphans()
        self._resumed = self.session.state.resumed
        self._considered: set[tuple[str, int]] = set()
        self._batch_began: float | None = None
        self._scope: Scope | None = None
        self._now, self._at, self._read = runner.now(), "", -1.0

    @property
    def at(self) -> str:
        """The time now, as events carry it; read again where the last reading is older than a quarter millisecond."""
        read = self.runner.monotonic()
        if not 0 <= read - self._read < CLOCK_GRAIN:
            self._now, self._read = self.runner.now(), read
            self._at = self._now.isoformat()
        return self._at

    def seconds_left(self) -> float:
        """How many seconds this call may still use, the margin for committing left out."""
        if self.unlimited:
            return UNLIMITED
        return self.ends - self.runner.monotonic() - self.runner.settings.margin

    def scope(self) -> Scope:
        """Return the names that expressions see in the run as it is now."""
        if self._scope is None or self._scope.state is not self.session.state:
            self._scope = self.runner.scope(self.work["run"], self.session)
        return self._scope

    def go(self) -> Step:
        """Do the work; return what is next."""
        if not self.session.state.ended:
            self.session.tell(c.CheckDeadline(self.at))
            if (answer := self._settle_work()) is not None:
                return answer
        return self._carry_on()

    def _settle_work(self) -> Step | None:
        """Record what the work brings. Only work on items has an answer of its own."""
        work, state = self.work, self.session.state
        if state.status == REQUESTED:
            self._start()
        if "node" not in work or work["node"] not in self.session.plan.nodes:
            return None
        node, attempt = self.session.plan.nodes[work["node"]], work.get("attempt", 1)
        do = work["do"]
        if "start" in work:
            return ItemsCall(self, node, attempt).go()
        if do == "gather":
            ItemsCall(self, node, attempt).gather()
        elif do == "woken":
            self._wake(node, attempt)
        elif do == "timed_out":
            time_out(self, node, attempt)
        elif do == "lost":
            lose(self, node, attempt)
        elif do == "node" and self.may_begin(node, attempt) and self.hosts(node) and node.for_each is None:
            self.run_heavy(node)
        return None

    def _start(self) -> None:
        plan, state, at = self.session.plan, self.session.state, self.at
        mode = self.runner.settings.mode or (plan.mode if state.mode == "auto" else state.mode)
        name = self.work["run"]["id"] + (f"-{state.resumed}" if state.resumed else "")
        self.session.tell(c.StartRun(mode, plan.reason, at, later(at, plan.timeout), name))

    def _wake(self, node: PlanNode, attempt: int) -> None:
        """Complete a delay whose time has come. Approvals and sub-runs are settled by whoever woke them."""
        state = self.session.state.node(node.id)
        if node.host != "wait" or state.status != WAITING or state.attempt != attempt or state.until is None:
            return
        at = self.at
        if seconds_between(at, state.until) <= 0:
            self.session.tell(c.CompleteNode(node.id, attempt, {"until": state.until}, at, at, 0.0, strand=self.strand))

    def hosts(self, node: PlanNode) -> bool:
        """Tell whether this process stands for the function of the node."""
        return node.host == "function" and node.function in self.runner.hosted

    def may_begin(self, node: PlanNode, attempt: int) -> bool:
        """Tell whether this attempt is still to be made, and not too early."""
        state = self.session.state.node(node.id)
        if state.status != SCHEDULED or state.attempt != attempt or self.session.state.status == CANCELLING:
            return False
        return state.not_before is None or seconds_between(self.at, state.not_before) <= 0

    def run_heavy(self, node: PlanNode) -> None:
        """Run a node that this process hosts, once its beginning is known to everyone who watches.

        Does nothing if someone else wrote first: the strand may have more to carry now, and has to look again.
        """
        if not self.session.commit():
            return
        self.run(node, min(node.timeout, max(0.0, self.seconds_left())))

    def run(self, node: PlanNode, seconds: float) -> None:
        """Make an attempt at the node and tell how it went."""
        attempt = self.session.state.node(node.id).attempt
        began, started_at = self.runner.monotonic(), self.at
        scope = self.scope()
        outcome = self.runner.attempts.run(scope, node, attempt, seconds=seconds, owner=self.owner)
        if node.host == "function" and len(self.session.state.open) > 1:
            self.session.forget()  # others were at work meanwhile: seeing it now is cheaper than losing the commit
        self.record(node, attempt, outcome, started_at, round((self.runner.monotonic() - began) * 1000, 3))

    def record(
        self, node: PlanNode, attempt: int, outcome: Done | Failed | Held, started_at: str, took_ms: float
    ) -> None:
        """Tell the run how an attempt went."""
        command: c.RunCommand
        if isinstance(outcome, Held) and on_express(self.session.state):
            # A short execution cannot wait for anybody; a run that is retried goes on in a standard one.
            hint = "this short execution cannot wait for that; retry the run, and it waits"
            outcome = Failed(outcome.code, f"{outcome.message}; {hint}", False)
        if isinstance(outcome, Held):
            # Kept with the node, like an approval's question: a list of approvals shows both.
            details = {
                "message": outcome.message,
                "details": {"code": outcome.code, **outcome.details},
                "approvers": [HOLD_APPROVER],
                "default": "fail",
            }
            until = self.later(HOLD_SECONDS)
            command = c.WaitNode(node.id, attempt, HOLD, self.at, until, details, self.strand)
        elif isinstance(outcome, Done):
            command = c.CompleteNode(
                node.id,
                attempt,
                outcome.output,
                started_at,
                self.at,
                took_ms,
                outcome.route,
                outcome.usage,
                outcome.cached,
                self.strand,
            )
        else:
            command = c.FailNode(
                node.id,
                attempt,
                outcome.code,
                outcome.message,
                outcome.retryable,
                self.at,
                self.runner.chance(),
                outcome.retry_after,
                took_ms,
                strand=self.strand,
            )
        self.session.tell(command, self._now)

    def _orphans(self) -> list[str]:
        """Return open nodes of strands below this one. None of those is left where this one goes on: they died."""
        below, nodes = f"{self.strand}-", self.session.state.nodes
        return [name for name in self.session.state.open if nodes[name].strand.startswith(below)]

    def mine(self) -> list[str]:
        """Return the open nodes that this strand carries: those it was given, then those scheduled for it."""
        state = self.session.state
        carried = state.carried_by(self.strand)
        if not self.taken:
            return carried
        return [*(node for node in self.taken if node in state.open and node not in carried), *carried]

    def _carry_on(self) -> Step:
        while True:
            state = self.session.state
            if state.resumed != self._resumed:
                # The run ended while a node was at work here, and was resumed: others carry it by now.
                if self.session.commit(END):
                    return END
                continue
            if state.ended or state.status == CANCELLING:
                if state.status == CANCELLING:
                    for name in self.mine():
                        self.session.tell(c.CancelNode(name, state.nodes[name].attempt, self.at))
                if self.session.commit(END):
                    return END
                continue
            if self._run_cheap() or self._finish():
                continue
            step = Onward(self).step()
            if step is not None:
                return step

    def _run_cheap(self) -> bool:
        """Skip, run or prepare whatever of the strand needs nobody else; True if anything happened."""
        happened = False
        for name in self.mine():
            node, state = self.session.plan.nodes[name], self.session.state.nodes[name]
            key = (name, state.attempt)
            if state.status != SCHEDULED or key in self._considered or self.session.state.ended:
                continue
            if node.host == "engine" and not self.may_begin(node, state.attempt):
                continue
            self._considered.add(key)
            happened = self._consider(node, state.attempt) or happened
        if happened:
            self._commit_full_batch()
        return happened

    def _consider(self, node: PlanNode, attempt: int) -> bool:
        try:
            if node.when is not None:
                scope = self.scope()
                if not scope.render(node.when, attempt=attempt):
                    return self.session.tell(c.SkipNode(node.id, attempt, self.at, self.strand))
            if node.for_each is not None:
                return ItemsCall(self, node, attempt).prepare()
        except HeddleError as error:
            failure = Failed(error.code, error.message, False)
            self.record(node, attempt, failure, self.at, 0.0)
            return True
        if node.host == "engine":
            self.run(node, node.timeout)
            return True
        return False

    def _commit_full_batch(self) -> None:
        """Commit early what would make a commit large, or keep watchers waiting."""
        now, settings = self.runner.monotonic(), self.runner.settings
        if self._batch_began is None:
            self._batch_began = now
        if self.session.pending >= settings.batch_events or now - self._batch_began >= settings.batch_seconds:
            self.session.commit()
            self._batch_began = None

    def _finish(self) -> bool:
        """End the run if every node is settled; True if it was."""
        if self.session.state.settled < len(self.session.plan.nodes):
            return False
        scope = self.scope()
        command: c.RunCommand
        try:
            output: Any = scope.payloads.store(scope.render(self.session.plan.outputs))
            command = c.FinishRun(output, self.at)
        except HeddleError as error:
            command = c.FailRun(error.code, error.message, self.at, {"where": "outputs"})
        return self.session.tell(command)

    def later(self, seconds: float) -> str:
        """Return the time so many seconds from now."""
        return later(self.at, seconds)
