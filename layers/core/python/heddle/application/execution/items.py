"""The items of a for_each: planned once, run in chunks, put together in their order.

A failed item is tried again by the node's retry policy, within its chunk. What then still fails, fails the node at
once (on_error fail), or is replaced by the fallback (continue), or fails the node when all have ended (route).
"""

import threading
from typing import TYPE_CHECKING, Any

from heddle.application.execution.attempt import Done, Failed, Held
from heddle.application.execution.placement import Place, cut, missing
from heddle.application.execution.recovery import cause
from heddle.application.execution.step import END, Step
from heddle.domain.engine import commands as c
from heddle.domain.engine.decide_nodes import FORGIVEN_LOSSES, INTERRUPTED, retry_delay
from heddle.domain.engine.plan import PlanNode
from heddle.domain.engine.state import CANCELLING, SCHEDULED, Items
from heddle.domain.engine.times import seconds_between
from heddle.domain.engine.usage import add_usage
from heddle.errors import HeddleError, NodeError

if TYPE_CHECKING:
    from heddle.application.execution.call import StrandCall


class ItemsCall:
    """What one call does about the items of one node."""

    def __init__(self, call: "StrandCall", node: PlanNode, attempt: int) -> None:
        self.call = call
        self.node = node
        self.attempt = attempt
        self.session = call.session
        self.settings = call.runner.settings

    def prepare(self) -> bool:
        """Evaluate the items; a cheap node, or one without items, is done at once. True if anything was told."""
        state = self.session.state.node(self.node.id)
        if state.items is not None:
            return False
        each = self.node.for_each
        assert each is not None
        scope = self.call.scope()
        items = scope.render(each.items, attempt=self.attempt)
        if not isinstance(items, list | tuple):
            raise NodeError(f"for_each needs a list, not {type(items).__name__}", code="items_not_a_list")
        if self.node.host == "engine" or not items:
            began, started_at = self.call.runner.monotonic(), self.call.at
            results = [self._run_item(item, index) for index, item in enumerate(items)]
            took = round((self.call.runner.monotonic() - began) * 1000, 3)
            self._put_together(results, started_at, took)
            return True
        chunks = cut(len(items), each.concurrency, self.settings)
        chunk = 1 if self.node.host == "callback" else chunks.chunk
        stored = scope.payloads.store(list(items))
        return self.session.tell(c.PlanItems(self.node.id, self.attempt, len(items), chunk, stored, self.call.at))

    def fork(self, place: Place) -> Step | None:
        """Return the step that runs every chunk that is not done yet, then gathers; None if there is no room here."""
        state = self.session.state.nodes[self.node.id]
        items, each = state.items, self.node.for_each
        assert items is not None and each is not None
        ranges = missing(items.count, items.chunk, {start: stop for start, (stop, _) in items.results.items()})
        if not place.may_fork() or not place.fits(len(ranges)):
            return None
        lanes = cut(items.count, each.concurrency, self.settings).lanes
        strands: list[Step] = [self._lane(place, start, stop) for start, stop in ranges]
        after = place.work(spent=2 * self.settings.step_events * max(1, len(ranges)))
        after["do"], after["node"], after["attempt"] = "gather", self.node.id, self.attempt
        if not strands:
            return {"next": "advance", "work": after}
        return {"next": "fork", "strands": strands, "concurrency": lanes, "work": after}

    def _lane(self, place: Place, start: int, stop: int) -> Step:
        work = place.work()
        work["strand"] = {**work["strand"], "level": place.strand["level"] + 1}
        work["node"], work["attempt"], work["start"], work["stop"] = self.node.id, self.attempt, start, stop
        if self.node.host == "callback":
            work["do"] = "woken"
            timeout = max(1, int(min(self.node.timeout, float(self.settings.callback_timeout))))
            return {"next": "callback", "timeout_seconds": timeout, "work": work}
        work["do"] = "items"
        return {"next": "task", "function": self.node.function or "", "work": work}

    def go(self) -> Step:
        """Do the work on a range of items; the lane ends with it, whatever came of it."""
        work = self.call.work
        start, stop = work["start"], work["stop"]
        while True:
            state = self.session.state
            node = state.node(self.node.id)
            over = state.ended or state.status == CANCELLING
            if over or node.status != SCHEDULED or node.attempt != self.attempt or node.items is None:
                break
            if start in node.items.results:
                break
            if work["do"] == "lost" and (step := self._lost(start, stop)) is not None:
                return step
            if work["do"] == "timed_out":
                self._complete(start, stop, [_error("node_timeout", "nothing came in time")] * (stop - start), {})
            elif work["do"] == "woken":
                return self._lane(
                    Place(work["run"], {**work["strand"], "level": work["strand"]["level"] - 1}, self.settings),
                    start,
                    stop,
                )
            elif work["do"] == "items":
                reached = self._run_range(node.items, start, stop)
                if reached < stop:
                    if self.call.seconds_left() < self.node.timeout:
                        return self._answer(self._rest(reached, stop))
                    self._commit()
                    start = reached
                    continue
            break
        return self._answer(END)

    def _answer(self, step: Step) -> Step:
        """Commit, and return the step."""
        self._commit(step)
        return step

    def _commit(self, step: Step | None = None) -> None:
        """Commit; a range that is told again after a lost race needs no second look."""
        while not self.session.commit(step):
            pass

    def _rest(self, start: int, stop: int) -> Step:
        work = self.call.place.work()
        work["do"], work["node"], work["attempt"], work["start"], work["stop"] = (
            "items",
            self.node.id,
            self.attempt,
            start,
            stop,
        )
        return {"next": "task", "function": self.node.function or "", "work": work}

    def _lost(self, start: int, stop: int) -> Step | None:
        """Send the range to another function, a few times; then its items count as interrupted.

        Of a node that acts once only those items do that had begun: their claims are taken, and the others may run.
        """
        losses = self.call.work.get("losses", 0) + 1
        if losses <= FORGIVEN_LOSSES:
            step = self._rest(start, stop)
            step["work"]["losses"] = losses
            return self._answer(step)
        message = cause(self.call.work.get("error"))
        self._complete(start, stop, [_error(INTERRUPTED, message)] * (stop - start), {})
        return None

    def _run_range(self, items: Items, start: int, stop: int) -> int:
        """Run items from `start` to `stop`, or until it is time to commit; tell what was done, return how far."""
        scope = self.call.scope()
        values = scope.payloads.load(items.items)
        each = self.node.for_each
        assert each is not None
        threads = min(cut(items.count, each.concurrency, self.settings).threads, stop - start)
        results: dict[int, Done | Failed] = {}
        lock, broken = threading.Lock(), threading.Event()
        monotonic = self.call.runner.monotonic
        commit_at = monotonic() + self.settings.item_seconds

        def run(index: int) -> None:
            time_is_up = monotonic() >= commit_at or self.call.seconds_left() < self.node.timeout
            if broken.is_set() or (index > start and time_is_up):
                return
            outcome = self._run_item(values[index], index)
            if isinstance(outcome, Failed) and self.node.on_error == "fail":
                broken.set()
            with lock:
                results[index] = outcome

        if threads <= 1:
            for index in range(start, stop):
                run(index)
        else:
            from concurrent.futures import ThreadPoolExecutor  # few functions need it, and all would pay for it

            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, range(start, stop)))
        failed = min((i for i, r in results.items() if isinstance(r, Failed)), default=None)
        reached = start
        while reached in results and (reached != failed or self.node.on_error != "fail"):
            reached += 1
        usage: dict[str, Any] = {}
        done = []
        for index in range(start, reached):
            outcome = results[index]
            done.append(_result(outcome))
            if isinstance(outcome, Done):
                usage = add_usage(usage, outcome.usage)
        if not self.session.pending:
            self.session.forget()  # other lanes were at work meanwhile: seeing it is cheaper than losing the commit
        if done:
            self._complete(start, reached, done, usage)
        if failed is not None and self.node.on_error == "fail":
            error = results[failed]
            assert isinstance(error, Failed)
            self._complete(failed, stop, [], {}, {"code": error.code, "message": error.message, "item": failed})
            return stop
        return reached

    def _run_item(self, value: Any, index: int) -> Done | Failed:
        """Try the item as often as the retry policy says, waiting in between."""
        call, policy, tried = self.call, self.node.retry, 0
        while True:
            tried += 1
            scope = call.scope()
            seconds = min(self.node.timeout, max(0.0, call.seconds_left()))
            outcome = call.runner.attempts.run(
                scope,
                self.node,
                self.attempt,
                seconds=seconds,
                owner=call.owner,
                item=(index, value),
                try_number=tried,
            )
            assert not isinstance(outcome, Held)
            if isinstance(outcome, Done) or tried >= policy.max_attempts:
                return outcome
            if not (outcome.code in policy.on if policy.on else outcome.retryable):
                return outcome
            delay = max(retry_delay(policy, tried, call.runner.chance()), outcome.retry_after)
            if delay + 1 > call.seconds_left():
                return outcome
            call.runner.sleep(delay)

    def _complete(
        self, start: int, stop: int, results: list[Any], usage: dict[str, Any], error: dict[str, Any] | None = None
    ) -> None:
        if error is None and self.node.on_error == "fail":
            for offset, result in enumerate(results):
                if "error" in result:
                    error = {**result["error"], "item": start + offset}
                    break
        payloads = self.call.runner.payloads(self.call.work["run"])
        stored = payloads.store(results, inline=self.settings.inline_results_bytes)
        self.session.tell(
            c.CompleteItems(
                self.node.id, self.attempt, start, stop, stored, self.call.at, usage, error, self.call.strand
            )
        )

    def gather(self) -> None:
        """Put the results together, if all are there; otherwise the strand forks again for those that are not."""
        node = self.session.state.node(self.node.id)
        items = node.items
        if node.status != SCHEDULED or node.attempt != self.attempt or items is None or items.done < items.count:
            return
        payloads = self.call.runner.payloads(self.call.work["run"])
        try:
            results = [r for start in sorted(items.results) for r in payloads.load(items.results[start][1])]
        except HeddleError as error:
            self.call.record(self.node, self.attempt, Failed(error.code, error.message, False), self.call.at, 0.0)
            return
        began = items.began or self.call.at
        took = round(seconds_between(began, self.call.at) * 1000, 3)
        self._put_together([_outcome(result) for result in results], began, took)

    def _put_together(self, results: list[Done | Failed], started_at: str, took_ms: float) -> None:
        call = self.call
        failed = next((i for i, result in enumerate(results) if isinstance(result, Failed)), None)
        if failed is not None and self.node.on_error != "continue":
            error = results[failed]
            assert isinstance(error, Failed)
            message = f"item {failed}: {error.message}"
            call.session.tell(
                c.FailNode(
                    self.node.id,
                    self.attempt,
                    error.code,
                    message,
                    False,
                    call.at,
                    duration_ms=took_ms,
                    final=True,
                    strand=call.strand,
                )
            )
            return
        payloads = call.runner.payloads(call.work["run"])
        outputs = [
            payloads.load(result.output) if isinstance(result, Done) else self.node.fallback for result in results
        ]
        try:
            outcome: Done | Failed = Done(payloads.store(outputs), None, {})
        except HeddleError as error:
            outcome = Failed(error.code, error.message, False)
        call.record(self.node, self.attempt, outcome, started_at, took_ms)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _result(outcome: Done | Failed) -> dict[str, Any]:
    return {"output": outcome.output} if isinstance(outcome, Done) else _error(outcome.code, outcome.message)


def _outcome(result: dict[str, Any]) -> Done | Failed:
    if "error" in result:
        return Failed(result["error"]["code"], result["error"]["message"], False)
    return Done(result.get("output"), None, {})
