"""What keeps an attempt at a node from being made twice, or at all."""

from datetime import datetime
from typing import Any, Protocol


class Claims(Protocol):
    """At most one doer per (run, node, attempt, item), for nodes whose effects must not be repeated."""

    def claim(self, tenant: str, run_id: str, work: str, *, owner: str, at: str) -> str:
        """Return the owner who holds the claim: `owner` if it is ours (now or since an earlier call)."""
        ...


class NodeCache(Protocol):
    """Outputs of cached nodes by key, within a tenant, until their TTL."""

    def get(self, tenant: str, key: str, *, now: datetime) -> Any | None:
        """Return the stored {"output": …} or None; expired entries are None though not yet deleted."""
        ...

    def put(self, tenant: str, key: str, value: dict[str, Any], *, expires_at: datetime) -> None:
        """Keep the value until then."""
        ...
