"""Ask for a workflow to run: the one way a run comes into being, whoever asks."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from heddle import records
from heddle.application.execution.payloads import check_in
from heddle.application.execution.step import RunRef
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.catalog import CatalogStore, VersionRow
from heddle.application.ports.dispatch import TaskQueue
from heddle.application.ports.events import EventStore, NewEvent
from heddle.application.ports.idempotency import IdempotencyStore
from heddle.application.runs.modes import choose_mode
from heddle.domain.events.codec import encode, schema_version
from heddle.domain.events.envelope import History, Metadata, StreamId
from heddle.domain.events.run_events import RunRequested
from heddle.domain.priority import NORMAL, check_priority
from heddle.errors import Conflict, NotFound, VersionConflict

INLINE_SAFETY_SECONDS = 60
"""How long the queue holds back a run that its caller executes at once; it takes over if the caller died."""


@records.dataclass(frozen=True, slots=True)
class Parent:
    """The node of the run that asks for a sub-run; `depth` is that of the sub-run, 1 for the first.

    `requested_by` and `root_run_id` are whom the whole tree of runs is for, and the run at its top.
    """

    run_id: str
    node_id: str
    depth: int
    item: int | None = None
    requested_by: str = ""
    root_run_id: str | None = None


@records.dataclass(frozen=True, slots=True)
class RequestedRun:
    """The answer: which run, how it will be executed and why, and whether this request created it.

    `requested_at` is empty if another request did. `inline_now`: the caller is to carry it out itself.
    """

    run_id: str
    mode: str
    reason: str
    status: str
    created: bool
    requested_at: str = ""
    inline_now: bool = False


@dataclass(frozen=True)
class RequestRun:
    """Append RunRequested and put the run into the task queue.

    `validate_input(schema, input)` returns the input with defaults or raises InvalidInput. It is handed in, because
    functions that start runs with checked input need not carry a schema library. `may_start(tenant)` counts a run that
    begins at once, without the dispatcher that counts the others.
    """

    catalog: CatalogStore
    events: EventStore
    blobs: BlobStore
    idempotency: IdempotencyStore
    queue: TaskQueue
    validate_input: Callable[[Mapping[str, Any], Any], Any]
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    may_start: Callable[[str], bool] = lambda tenant: True

    def __call__(
        self,
        tenant: str,
        workflow_id: str,
        input: Any,
        *,
        principal: str,
        correlation_id: str,
        mode: str = "auto",
        version: int | None = None,
        labels: Mapping[str, str] | None = None,
        live: bool = False,
        budget_usd: str | None = None,
        idempotency_key: str | None = None,
        trigger: str = "manual",
        trigger_chain: tuple[str, ...] = (),
        parent: Parent | None = None,
        retry_of: str | None = None,
        run_id: str | None = None,
        priority: str = "normal",
        inline_now: bool = False,
    ) -> RequestedRun:
        """Request the run; the same `idempotency_key` (or `run_id`) with the same body is the same run.

        With `inline_now` the caller promises to execute an inline run itself if the answer says so: the queue holds it
        back for a minute. It does not if too many runs of the tenant begin: then the queue starts it in its turn.

        Raises NotFound (workflow or version), Conflict `workflow_deleted`, InvalidInput (input, mode or priority), and
        IdempotencyMismatch.
        """
        check_priority(priority)
        row = self._version(tenant, workflow_id, version)
        chosen, reason = choose_mode(row.plan, mode)
        value = self.validate_input(row.plan.get("input_schema") or {}, input)
        run_id = run_id or self.new_id()
        if idempotency_key is not None:
            body = [workflow_id, version, input, mode, live, dict(labels or {}), budget_usd, retry_of]
            if priority != NORMAL:
                body.append(priority)  # not for normal ones: keys claimed before there were priorities stay good
            run_id = self.idempotency.claim(
                tenant, idempotency_key, body_hash=_hash(body), run_id=run_id, now=self.now()
            )
        at = self.now()
        event = RunRequested(
            workflow_id=workflow_id,
            workflow_version=row.version,
            input=check_in(self.blobs, tenant, value),
            requested_at=at.isoformat(),
            mode=chosen,
            labels=dict(labels or {}),
            trigger=trigger,
            trigger_chain=trigger_chain,
            live=live,
            budget_usd=budget_usd,
            parent_run_id=parent.run_id if parent else None,
            parent_node_id=parent.node_id if parent else None,
            parent_item=parent.item if parent else None,
            retry_of=retry_of,
            depth=parent.depth if parent else 0,
            requested_by=(parent.requested_by if parent else "") or principal,
            root_run_id=parent.root_run_id if parent else None,
            priority=priority,
        )
        created = self._append_first(
            StreamId(tenant, "run", run_id), event, at, Metadata(correlation_id, None, principal)
        )
        # A repeat sends again too: the first request may have died between the append and the queue, and a message
        # for a run that was started already is acknowledged without effect.
        # And whoever repeats it does not take the run from the one who carries it out.
        inline = inline_now and chosen == "inline"
        carries_out = inline and created and self.may_start(tenant)
        delay = INLINE_SAFETY_SECONDS if carries_out or (inline and not created) else 0
        run: RunRef = {"tenant": tenant, "id": run_id, "correlation_id": correlation_id}
        self.queue.send(run, reason="requested", delay_seconds=delay, priority=priority)
        requested_at = event.requested_at if created else ""
        return RequestedRun(run_id, chosen, reason, "queued", created, requested_at, carries_out)

    def _version(self, tenant: str, workflow_id: str, version: int | None) -> VersionRow:
        workflow = self.catalog.workflow(tenant, workflow_id)
        if workflow is None:
            raise NotFound(f"there is no workflow {workflow_id!r}", code="workflow_not_found", workflow_id=workflow_id)
        if workflow.deleted:
            raise Conflict(
                f"the workflow {workflow_id!r} was deleted", code="workflow_deleted", workflow_id=workflow_id
            )
        row = self.catalog.version(tenant, workflow_id, version or workflow.version)
        if row is None:
            message = f"workflow {workflow_id!r} has no version {version}"
            raise NotFound(message, code="version_not_found", workflow_id=workflow_id)
        return row

    def _append_first(self, stream: StreamId, event: RunRequested, at: datetime, metadata: Metadata) -> bool:
        name, data = encode(event)
        new = NewEvent(name, data, at, schema_version(name))
        try:
            self.events.append(History(stream, ()), [new], metadata, live=event.live)
        except VersionConflict:
            return False
        return True


def _hash(body: Any) -> str:
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
