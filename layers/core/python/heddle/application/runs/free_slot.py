"""Give a run's slot back and call in the run of the same tenant whose turn it is."""

from dataclasses import dataclass

from heddle.application.execution.step import RunRef
from heddle.application.ports.dispatch import RunSlots, TaskQueue
from heddle.domain.priority import NORMAL


@dataclass(frozen=True)
class FreeSlot:
    """The parked run stays in line until it has a slot: a message lost on the way costs a turn, never the place."""

    slots: RunSlots
    queue: TaskQueue

    def __call__(self, tenant: str, run_id: str) -> str | None:
        """Give back and call in; returns the id of the run that was sent to the queue. Safe to repeat."""
        self.slots.unpark(tenant, run_id)
        self.slots.release(tenant, run_id)
        return self.call_next(tenant)

    def call_next(self, tenant: str) -> str | None:
        """Send the first run in line to the queue again, if one waits."""
        message = self.slots.next_parked(tenant)
        if message is None:
            return None
        run: RunRef = {
            "tenant": tenant,
            "id": str(message["id"]),
            "correlation_id": str(message["correlation_id"]),
        }
        # Of runs that were parked before there were priorities the message names none.
        self.queue.send(run, reason="slot", priority=str(message.get("priority", NORMAL)))
        return run["id"]
