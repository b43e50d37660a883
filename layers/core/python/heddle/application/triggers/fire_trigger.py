"""Fire a trigger: the one way from whatever happened to a run, whoever asks."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from heddle.application.ports.triggers import Firing, FiringLog
from heddle.application.runs.request_run import RequestedRun, RequestRun
from heddle.domain.events.envelope import StreamId
from heddle.domain.triggers.trigger import MAX_CHAIN, Trigger
from heddle.errors import Conflict, HeddleError, NodeError
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Fired:
    """A firing, and the run if there is one. `requested` tells how the run is carried out."""

    firing: Firing
    requested: RequestedRun | None = None


@dataclass(frozen=True, slots=True)
class FireTrigger:
    """Map the input and request the run.

    The run's id is made of tenant, trigger and firing: the same firing again, however much later, is the same run.
    """

    request: RequestRun
    log: FiringLog
    now: Callable[[], datetime]

    def __call__(
        self,
        trigger: Trigger,
        payload: Mapping[str, Any],
        *,
        firing_id: str,
        correlation_id: str,
        source: str = "",
        preset: str | None = None,
        chain: Sequence[str] = (),
        by: str | None = None,
        inline_now: bool = False,
    ) -> Fired:
        """Fire. What the trigger or its workflow do not allow is a `refused` firing in the history, and raised.

        A trigger that is disabled: Conflict `trigger_disabled`. `chain` are the triggers that led here: one that is
        among them, or too many of them, is a firing that was `stopped`, and Conflict `trigger_loop`.
        An error that is `retryable` leaves nothing in the history: the firing is to be tried again.
        """
        firing = Firing(trigger.id, firing_id, self.now().isoformat(), "started", source=source)
        try:
            self._allowed(trigger, chain)
            input = _mapped(trigger, payload, preset)
            requested = self._request(trigger, input, firing_id, correlation_id, chain, by, inline_now)
        except HeddleError as error:
            if error.retryable:
                raise
            outcome = "stopped" if error.code == "trigger_loop" else "refused"
            self.log.add(trigger.tenant, replace(firing, outcome=outcome, code=error.code, reason=error.message[:500]))
            raise
        # A repeat writes the same row again: the first request may have died between the run and the history.
        at = requested.requested_at or self._requested_at(trigger.tenant, requested.run_id)
        firing = replace(firing, at=at, run_id=requested.run_id)
        self.log.add(trigger.tenant, firing)
        return Fired(firing if requested.created else replace(firing, outcome="duplicate"), requested)

    def _requested_at(self, tenant: str, run_id: str) -> str:
        return str(self.request.events.read(StreamId(tenant, "run", run_id)).events[0].data["requested_at"])

    def _allowed(self, trigger: Trigger, chain: Sequence[str]) -> None:
        if not trigger.enabled:
            raise Conflict(f"the trigger {trigger.name!r} is disabled", code="trigger_disabled")
        if trigger.id in chain or len(chain) >= MAX_CHAIN:
            how = "it led to itself" if trigger.id in chain else f"{len(chain)} triggers led to each other"
            raise Conflict(f"the trigger {trigger.name!r} was stopped: {how}", code="trigger_loop")

    def _request(
        self,
        trigger: Trigger,
        input: dict[str, Any],
        firing_id: str,
        correlation_id: str,
        chain: Sequence[str],
        by: str | None,
        inline_now: bool,
    ) -> RequestedRun:
        return self.request(
            trigger.tenant,
            trigger.workflow_id,
            input,
            principal=by or f"trigger:{trigger.id}",
            correlation_id=correlation_id,
            mode=trigger.mode,
            version=trigger.version,
            labels=trigger.labels,
            live=trigger.live,
            budget_usd=trigger.budget_usd,
            priority=trigger.priority,
            trigger=trigger.kind,
            trigger_chain=(*chain, trigger.id),
            run_id=run_id_of(trigger, firing_id),
            inline_now=inline_now,
        )


def _mapped(trigger: Trigger, payload: Mapping[str, Any], preset: str | None) -> dict[str, Any]:
    try:
        return trigger.mapped(payload, preset)
    except NodeError as error:
        raise Conflict(f"the trigger's input cannot be made: {error.message}", code=error.code) from error


def run_id_of(trigger: Trigger, firing_id: str) -> str:
    """Return the id of the run of a firing: 26 letters and digits, as a ULID has."""
    digest = hashlib.sha256(f"{trigger.tenant}/{trigger.id}/{firing_id}".encode()).digest()
    return base64.b32encode(digest)[:26].decode()
