"""How many runs of a tenant may begin: a rate that everything that begins runs takes from."""

from collections.abc import Callable
from datetime import datetime

from heddle.application.ports.limits import TenantLimits
from heddle.application.ports.rates import Rate, RateStore
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class StartRate:
    """`starts_per_second` and `start_burst` of the tenant's limits, as they are now."""

    limits: TenantLimits
    rates: RateStore
    now: Callable[[], datetime]

    def take(self, tenant: str) -> float:
        """Count a start and return 0.0; above the rate count none, and return how many seconds until one may."""
        limits = self.limits.of(tenant)
        rate = Rate(limits.starts_per_second, limits.start_burst)
        return self.rates.take(tenant, "starts", 1, rate, at=self.now().timestamp())

    def allows(self, tenant: str) -> bool:
        """Count a start if the rate allows one."""
        return self.take(tenant) == 0.0
