"""Nodes that wait for the outside, and what wakes them."""

from dataclasses import field
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Callback:
    """A node that waits for the outside. `token` wakes its execution; `details` is what the API shows of it."""

    tenant: str
    run_id: str
    node_id: str
    attempt: int
    kind: str
    token: str | None
    created_at: str
    expires_at: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class CallbackStore(Protocol):
    """Who waits, and the task token that wakes them. In the `runs` table, so it ends with the run."""

    def put(self, callback: Callback) -> None:
        """Keep the waiting node; putting it again replaces its token (a redelivery has a new one)."""
        ...

    def get(self, tenant: str, run_id: str, node_id: str) -> Callback | None:
        """Return the waiting node, if it still waits."""
        ...

    def delete(self, tenant: str, run_id: str, node_id: str) -> None:
        """Forget it; absent is fine."""
        ...

    def list(self, tenant: str, *, kind: str, limit: int, cursor: str | None = None) -> Page[Callback]:
        """List the tenant's waiting nodes of a kind, oldest first."""
        ...


class Waker(Protocol):
    """Wakes an execution that waits for a task token."""

    def wake(self, token: str) -> None:
        """Wake it; a token that was used or has timed out is fine."""
        ...
