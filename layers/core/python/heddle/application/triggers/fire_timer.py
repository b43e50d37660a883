"""A timer is due: the scheduler's message has come out of the task queue."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from heddle.application.ports.triggers import Firing, FiringLog, TriggerStore
from heddle.application.triggers.fire_trigger import Fired, FireTrigger
from heddle.errors import HeddleError
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class FireTimer:
    """Fires a timer for the time that it was due at: however often the message comes, that is one run."""

    triggers: TriggerStore
    fire: FireTrigger
    log: FiringLog
    now: Callable[[], datetime]

    def __call__(self, tenant: str, trigger_id: str, *, scheduled_at: str) -> Fired | None:
        """Return the firing; None for a trigger that is gone, disabled, refused or late beyond what it allows."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None or trigger.tenant != tenant or trigger.kind != "timer" or not trigger.enabled:
            return None
        due = datetime.fromisoformat(scheduled_at)
        due = due if due.tzinfo else due.replace(tzinfo=UTC)
        firing_id = due.astimezone(UTC).isoformat(timespec="seconds")
        late = (self.now() - due).total_seconds() - 60 * trigger.config["flexible_minutes"]
        if trigger.config["missed"] == "skip" and late > trigger.config["max_age_seconds"]:
            missed = Firing(trigger.id, firing_id, self.now().isoformat(), "refused", code="timer_missed")
            reason = f"it came {late:.0f} seconds late, and this timer skips what it missed"
            self.log.add(tenant, replace(missed, reason=reason, source="timer"))
            return None
        payload = {"scheduled_at": firing_id, "fired_at": self.now().isoformat(), "late_seconds": max(0.0, late)}
        try:
            return self.fire(
                trigger,
                payload,
                firing_id=firing_id,
                correlation_id=f"{trigger.id}-{int(due.timestamp())}",
                source="timer",
            )
        except HeddleError as error:
            if error.retryable:
                raise
            return None  # it is in the history, and trying again would not help
