"""What a tenant may do, as operators have it now."""

from typing import Protocol

from heddle.domain.limits import Limits


class TenantLimits(Protocol):
    """Limits that change while functions run."""

    def of(self, tenant: str) -> Limits:
        """Return the tenant's limits.

        They are at most half a minute old, unless the configuration is invalid or cannot be read: then the last good
        ones, and before there were any the built-in ones. Never raises.
        """
        ...
