"""One attempt at a node or at one item of it: render, look into the cache, claim, run within the time, keep the output.

Whatever goes wrong comes out as a `Failed`: a NodeError or other HeddleError with its code, anything else as
`node_crashed`, which names the type of the error and is written to the log.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from heddle import records
from heddle.application.execution.rendering import Scope
from heddle.application.ports.attempts import Claims, NodeCache
from heddle.domain.engine.decide_nodes import INTERRUPTED
from heddle.domain.engine.plan import CachePolicy, PlanNode
from heddle.domain.nodes.spec import EngineRunner, NodeResult, NodeRunners, NodeTask
from heddle.errors import ApprovalNeeded, HeddleError, NodeError

log = logging.getLogger(__name__)

CRASHED = "node_crashed"
TIMED_OUT = "node_timeout"
ALLOW_FIRST = "; allow it, then retry the run"
"""What follows for whoever reads the failure of something that needs leave, and cannot wait for it."""
_MESSAGE_LIMIT = 2_000


@records.dataclass(frozen=True, slots=True)
class Done:
    """The attempt gave an output (JSON or the JSON of a reference)."""

    output: Any
    route: tuple[str, ...] | None
    usage: dict[str, Any]
    cached: bool = False


@records.dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed."""

    code: str
    message: str
    retryable: bool
    retry_after: float = 0.0


@records.dataclass(frozen=True, slots=True)
class Held:
    """The attempt stopped before it did anything that counts: a person must allow what it is about to do."""

    code: str
    message: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Attempts:
    """Carries out attempts. `owner` is another one for every delivery of a work, so that a repeated one is noticed."""

    engine_runners: Mapping[str, EngineRunner]
    runners: NodeRunners
    cache: NodeCache
    claims: Claims
    now: Callable[[], datetime]

    def run(
        self,
        scope: Scope,
        node: PlanNode,
        attempt: int,
        *,
        seconds: float,
        owner: str,
        item: tuple[int, Any] | None = None,
        try_number: int = 1,
    ) -> Done | Failed | Held:
        """Carry the attempt out in at most `seconds`. `item` is (index, value) within a for_each.

        Nothing is ever held within a for_each: its items share one node, which cannot wait for a person and go on.
        """
        try:
            return self._run(scope, node, attempt, seconds, owner, item, try_number)
        except ApprovalNeeded as error:
            message = scope.redact(error.message)[:_MESSAGE_LIMIT]
            if item is not None:
                return Failed(error.code, message + ALLOW_FIRST, False)
            return Held(error.code, message, dict(error.details))
        except HeddleError as error:
            retry_after = error.details.get("retry_after")
            return Failed(
                error.code,
                scope.redact(error.message)[:_MESSAGE_LIMIT],
                error.retryable,
                float(retry_after) if isinstance(retry_after, int | float) else 0.0,
            )
        except Exception as error:  # the border between a node's bug and the run that must go on
            message = scope.redact(f"{type(error).__name__}: {error}")[:_MESSAGE_LIMIT]
            log.error("node %s of run %s crashed: %s", node.id, scope.run["id"], message)
            return Failed(CRASHED, message, False)

    def _run(
        self,
        scope: Scope,
        node: PlanNode,
        attempt: int,
        seconds: float,
        owner: str,
        item: tuple[int, Any] | None,
        try_number: int,
    ) -> Done | Failed:
        run, extra, index = scope.run, None, None
        work = _work(node, attempt, item)
        if item is not None:
            index, extra = item[0], {"item": item[1], "index": item[0]}
        config = scope.config(node, attempt, extra)
        key = None
        if node.cache is not None:
            key = self._cache_key(scope, node, node.cache, attempt, config, extra)
            if (kept := self.cache.get(run["tenant"], key, now=self.now())) is not None:
                route = kept.get("route")
                return Done(kept["output"], None if route is None else tuple(route), {}, cached=True)
        if node.effects == "once":
            before = scope.state.node(node.id).unsettled if try_number == 1 else 0
            if not self._claimed(scope, work, owner):
                message = "an earlier delivery of this attempt was interrupted, and repeating it could act twice"
                return Failed(INTERRUPTED, message, False)
            if 0 < before < attempt and not self._claimed(scope, _work(node, before, item), owner):
                message = f"attempt {before} was at work when the run ended, and repeating it could act twice"
                return Failed(INTERRUPTED, message, False)
        task = NodeTask(
            run["tenant"],
            run["id"],
            node.id,
            attempt,
            node.type,
            config,
            node.timeout if node.timeout < seconds else seconds,
            idempotency_key=f"{run['id']}#{work}" if try_number == 1 else f"{run['id']}#{work}#{try_number}",
            correlation_id=run["correlation_id"],
            item_index=index,
            principal=scope.state.requested_by or "system",
            live=scope.state.live,
            workflow_id=scope.state.workflow_id,
            root_run_id=scope.state.root_run_id or run["id"],
            run_budget=scope.state.budget_usd,
            run_priority=scope.state.priority,
            depth=scope.state.depth,
            evaluate=scope.evaluator(node, attempt, extra) if node.deferred and node.host != "engine" else None,
        )
        result = self._call(scope, node, task, extra)
        output = scope.payloads.store(result.output)
        if key is not None and node.cache is not None:
            value = {"output": output, "route": None if result.route is None else list(result.route)}
            expires = self.now() + timedelta(seconds=node.cache.ttl)
            self.cache.put(run["tenant"], key, value, expires_at=expires)
        return Done(output, result.route, dict(result.usage))

    def _claimed(self, scope: Scope, work: str, owner: str) -> bool:
        """Claim the work; whoever has claimed it before may have acted, and whoever comes later will not."""
        at = self.now().isoformat()
        return self.claims.claim(scope.run["tenant"], scope.run["id"], work, owner=owner, at=at) == owner

    def _call(self, scope: Scope, node: PlanNode, task: NodeTask, extra: Mapping[str, Any] | None) -> NodeResult:
        if node.host == "engine":
            runner = self.engine_runners.get(node.type)
            if runner is None:
                raise NodeError(f"no engine runs nodes of type {node.type!r}", code="node_type_unknown")
            return runner(task, scope.evaluator(node, task.attempt, extra))
        hosted = self.runners.get(node.type)
        if hosted is None:
            raise NodeError(f"this function does not run nodes of type {node.type!r}", code="node_type_unknown")
        return within(task.timeout, lambda: hosted(task))

    def _cache_key(
        self,
        scope: Scope,
        node: PlanNode,
        policy: CachePolicy,
        attempt: int,
        config: Mapping[str, Any],
        extra: Mapping[str, Any] | None,
    ) -> str:
        if policy.key is None:
            about: Any = {"config": config, "deferred": scope.seen_by_deferred(node, attempt, extra)}
        else:
            about = scope.render(policy.key, extra, attempt)
        options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        identity = [scope.state.workflow_id, node.id, node.type, about]
        return hashlib.sha256(orjson.dumps(identity, option=options)).hexdigest()


def _work(node: PlanNode, attempt: int, item: tuple[int, Any] | None) -> str:
    return f"{node.id}#{attempt}#{'-' if item is None else item[0]}"


def within(seconds: float, call: Callable[[], NodeResult]) -> NodeResult:
    """Return what the call gives within the time; NodeError `node_timeout` otherwise.

    A thread cannot be stopped: a call that blocks goes on in the background, and what it gives is dropped.
    """
    box: list[NodeResult | BaseException] = []

    def target() -> None:
        try:
            box.append(call())
        except BaseException as error:
            box.append(error)

    thread = threading.Thread(target=target, name="node", daemon=True)
    thread.start()
    thread.join(min(max(0.0, seconds), threading.TIMEOUT_MAX))
    if not box:
        raise NodeError(f"the node was not done within {seconds:g} seconds", code=TIMED_OUT, retryable=True)
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]
