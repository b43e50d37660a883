"""What starts runs, and holds them back."""

from collections.abc import Mapping
from typing import Any, Protocol

from heddle.application.execution.step import RunRef, Work


class RunSlots(Protocol):
    """At most n runs of a tenant at a time; the others wait in their own line, so nobody else waits for them."""

    def acquire(self, tenant: str, run_id: str, *, limit: int) -> bool:
        """Take a slot; True also if this run holds one already. Atomic."""
        ...

    def release(self, tenant: str, run_id: str) -> bool:
        """Give the slot back; giving it twice, or one never taken, changes nothing. True if it was held."""
        ...

    def held(self, tenant: str) -> int:
        """Return how many runs hold a slot."""
        ...

    def park(self, tenant: str, run_id: str, *, at: str, message: Mapping[str, Any]) -> None:
        """Put the run (with the queue message that would start it) into the tenant's waiting line, once.

        The line is in the order of `at`, an ISO time; a run that stands in it keeps its place.
        """
        ...

    def next_parked(self, tenant: str) -> Mapping[str, Any] | None:
        """Return the message of the first run in line, leaving it there."""
        ...

    def unpark(self, tenant: str, run_id: str) -> bool:
        """Take the run out of the line; absent is fine. True if it stood there."""
        ...


class TaskQueue(Protocol):
    """The one entrance of every start, retry, resume and recovery."""

    def send(self, run: RunRef, *, reason: str, delay_seconds: int = 0, priority: str = "normal") -> None:
        """Ask for the run to be started or continued. Delivered at least once, fair by tenant.

        No run waits here behind runs of a lower priority.
        """
        ...

    def send_again(self, tenant: str, message: Mapping[str, Any], *, priority: str = "normal") -> None:
        """Send a message again that came out of this queue, as it was."""
        ...


class Orchestrator(Protocol):
    """Starts and stops executions of the run state machine."""

    def start(self, name: str, work: Work, *, mode: str) -> str:
        """Start an execution called `name` in mode express or standard; starting a name twice starts once.

        Returns the execution's ARN.
        """
        ...

    def is_running(self, execution: str) -> bool | None:
        """Tell whether a Standard execution (by name or ARN) is under way; None if there never was one."""
        ...

    def stop(self, execution: str, *, cause: str) -> None:
        """Stop an execution and its children; one that has ended is fine."""
        ...
