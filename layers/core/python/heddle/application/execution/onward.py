"""Where a strand goes when nothing cheap is left: on with a heavy node here, or to the Step that carries it."""

from typing import TYPE_CHECKING

from heddle.application.execution.items import ItemsCall
from heddle.application.execution.placement import Place
from heddle.application.execution.step import END, Step
from heddle.domain.engine import commands as c
from heddle.domain.engine.plan import PlanNode
from heddle.domain.engine.state import WAITING, NodeState
from heddle.domain.engine.times import seconds_between
from heddle.domain.nodes.waiting import approval_request, delay_until
from heddle.errors import HeddleError

if TYPE_CHECKING:
    from heddle.application.execution.call import StrandCall


class Onward:
    """The choice of the next step for what a strand carries; None wherever the strand has to look again."""

    def __init__(self, call: "StrandCall") -> None:
        self.call = call
        self.session = call.session
        self.settings = call.runner.settings

    def step(self) -> Step | None:
        """Commit and answer the next step; None if the state has changed, or a node was run here."""
        call, nodes = self.call, self.call.mine()
        if not nodes:
            return END if self.session.commit(END) else None
        if len(nodes) == 1 and self._goes_on_here(nodes[0]):
            return None
        if not call.place.fits(len(nodes)) or (len(nodes) > 1 and not call.place.may_fork()):
            return self._move(nodes)
        step = self._single(call.place, nodes[0]) if len(nodes) == 1 else self._fork(nodes)
        if step is None:
            return None
        return step if self.session.commit(step) else None

    def _goes_on_here(self, name: str) -> bool:
        """Run the strand's only node in this process if that is possible; True if anything was done."""
        call, node = self.call, self.session.plan.nodes[name]
        state = self.session.state.nodes[name]
        if state.status == WAITING or (node.host != "engine" and (not call.hosts(node) or node.for_each is not None)):
            return False
        wait = self._wait_for_attempt(state)
        if wait > min(self.settings.short_wait, call.seconds_left()):
            return False
        if not call.unlimited and node.host != "engine" and call.seconds_left() < wait + node.timeout:
            return False
        if wait > 0:
            if not self.session.commit():
                return True
            call.runner.sleep(wait)
        if call.may_begin(node, state.attempt):
            if node.host == "engine":
                call.run(node, node.timeout)
            else:
                call.run_heavy(node)
        return True

    def _wait_for_attempt(self, state: NodeState) -> float:
        return 0.0 if state.not_before is None else max(0.0, seconds_between(self.call.at, state.not_before))

    def _move(self, nodes: list[str]) -> Step | None:
        """Take the strand to an execution of its own, because this one has no room for what comes."""
        state, run = self.session.state, self.call.work["run"]
        name = run["id"] + (f"-{state.resumed}" if state.resumed else "") + f".{state.continued + 1}"
        step = self.call.place.elsewhere(nodes, name)
        if step["next"] == "continue":
            self.session.tell(c.ContinueRun(name, self.call.at))
        return step if self.session.commit(step) else None

    def _fork(self, nodes: list[str]) -> Step | None:
        call = self.call
        join = self.session.index.join_of(nodes)
        groups = self._groups(nodes)
        share = call.place.branch_events(len(groups))
        steps = []
        for number, group in enumerate(groups):
            place = call.place.branch(self.session.index, join, number, share)
            if len(group) == 1:
                step = self._single(place, group[0])
            else:
                work = place.work()
                work["nodes"] = group
                step = {"next": "advance", "work": work}
            if step is None:
                return None
            steps.append(step)
        after = call.place.work(spent=(share + self.settings.step_events) * len(groups))
        after["do"] = "joined"
        return {"next": "fork", "strands": steps, "concurrency": self.settings.lanes, "work": after}

    def _groups(self, nodes: list[str]) -> list[list[str]]:
        """Cut a fork that is too wide for one step into groups that fork again."""
        if len(nodes) <= self.settings.max_branches:
            return [[node] for node in nodes]
        size = -(-len(nodes) // self.settings.lanes)
        return [nodes[start : start + size] for start in range(0, len(nodes), size)]

    def _single(self, place: Place, name: str) -> Step | None:
        """Return the step that carries out one node on the strand at `place`."""
        call, node = self.call, self.session.plan.nodes[name]
        state = self.session.state.nodes[name]
        work = place.work()
        work["node"], work["attempt"] = name, state.attempt
        if node.for_each is not None and node.host != "engine":
            step = ItemsCall(call, node, state.attempt).fork(place)
            if step is not None:
                return step
            # A strand that stands where the call does moves as a whole, a branch by itself.
            return self._move([name]) if place is call.place else place.elsewhere([name], "")
        if node.host in ("wait", "callback") or state.status == WAITING:
            return self._waiting(place, node, state)
        work["do"] = "node"
        wait = self._wait_for_attempt(state)
        if wait > 0:
            return {"next": "wait", "seconds": self._within_run(wait), "work": work}
        if node.host == "engine":
            return {"next": "advance", "work": work}
        return {"next": "task", "function": node.function or "", "work": work}

    def _waiting(self, place: Place, node: PlanNode, state: NodeState) -> Step | None:
        """Record that the node waits, once, and return the step that waits for it."""
        call = self.call
        if state.status == WAITING and state.strand != place.strand["id"]:
            # Taken over from a strand that died: what it waits for is the same, who goes on afterwards is not.
            details = state.details or {}
            kind = state.kind or node.type
            again = c.WaitNode(node.id, state.attempt, kind, call.at, state.until, details, place.strand["id"])
            self.session.tell(again)
        if state.status != WAITING:
            try:
                command = self._wait_command(place, node, state)
            except HeddleError as error:
                failure = c.FailNode(
                    node.id, state.attempt, error.code, error.message, False, call.at, strand=call.strand
                )
                self.session.tell(failure)
                return None
            self.session.tell(command)
            state = self.session.state.nodes[node.id]
        work = place.work()
        work["do"], work["node"], work["attempt"] = "woken", node.id, state.attempt
        left = float(self.settings.callback_timeout)
        if state.until is not None:
            left = max(0.0, seconds_between(call.at, state.until))
        if node.host == "wait":
            return {"next": "wait", "seconds": self._within_run(left), "work": work}
        return {"next": "callback", "timeout_seconds": max(1, int(self._within_run(left) + 0.999)), "work": work}

    def _wait_command(self, place: Place, node: PlanNode, state: NodeState) -> c.WaitNode:
        call = self.call
        scope = call.scope()
        config = scope.config(node, state.attempt)
        now = call.runner.now()
        if node.host == "wait":
            until = delay_until(config, now).isoformat()
        else:
            timeout = approval_request(config).timeout if node.type == "approval" else node.timeout
            until = call.later(timeout)
        kind = "delay" if node.host == "wait" else node.type
        details = scope.payloads.store(config)
        return c.WaitNode(node.id, state.attempt, kind, call.at, until, details, place.strand["id"])

    def _within_run(self, seconds: float) -> float:
        """Return the wait, cut so that the strand comes back when the run's own time is over."""
        deadline = self.session.state.deadline
        if deadline is None:
            return seconds
        return min(seconds, max(0.0, seconds_between(self.call.at, deadline)) + 0.05)
