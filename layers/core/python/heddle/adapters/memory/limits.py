"""Limits in memory."""

from dataclasses import dataclass, field

from heddle.domain.limits import Limits


@dataclass
class MemoryTenantLimits:
    """A TenantLimits that a test changes."""

    default: Limits = field(default_factory=Limits)
    tenants: dict[str, Limits] = field(default_factory=dict)

    def of(self, tenant: str) -> Limits:
        return self.tenants.get(tenant, self.default)
