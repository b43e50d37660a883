"""Give a run's slot back and call in the run of the same tenant that has waited longest."""

from dataclasses import dataclass

from heddle.application.execution.step import RunRef
from heddle.application.ports.dispatch import RunSlots, TaskQueue


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
        """Send the run that has waited longest to the queue again, if one waits."""
        message = self.slots.next_parked(tenant)
        if message is None:
            return None
        run: RunRef = {
            "tenant": tenant,
            "id": str(message["id"]),
            "correlation_id": str(message["correlation_id"]),
        }
        self.queue.send(run, reason="slot")
        return run["id"]
