"""How many frames a connection, a user and a tenant may send: buckets that all processes share, in portions.

A process takes some frames' worth out of a bucket at a time and counts them down by itself, so a busy connection costs
a write for every tenth of its burst instead of one per frame. What a process has taken and not used is lost with it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from heddle.application.ports.rates import Rate, RateStore
from heddle.application.ports.realtime import Connection
from heddle.domain.realtime.frames import RateLimited, after

CONNECTION, USER, TENANT = Rate(100, 200), Rate(500, 1_000), Rate(10_000, 20_000)
BY_TYPE: Mapping[str, Rate] = {
    "Authenticate": Rate(1, 5),
    "Subscribe": Rate(10, 20),
    "Broadcast": Rate(50, 100),
    "DirectMessage": Rate(200, 400),
}
PORTION = 0.1
"""Which part of a burst is taken at once."""
REMEMBERED = 10_000


@dataclass
class SharedFrameLimits:
    """A FrameLimits. `tenant_rate` is what the tenant's limits say."""

    store: RateStore
    now: Callable[[], float]
    tenant_rate: Callable[[str], Rate] = lambda tenant: TENANT
    _left: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, connection: Connection, kind: str) -> None:
        """Count a frame; RateLimited `rate_limited` names the level, and the seconds to wait in `retry_after`."""
        levels = [
            ("connection", f"connection#{connection.id}", CONNECTION),
            ("user", f"user#{connection.user}", USER),
            ("tenant", "tenant", self.tenant_rate(connection.tenant)),
        ]
        if kind in BY_TYPE:
            levels.insert(0, (kind, f"{kind}#{connection.id}", BY_TYPE[kind]))
        for level, key, rate in levels:
            wait = self._take(connection.tenant, key, rate)
            if wait > 0:
                raise RateLimited(
                    f"too many frames: at most {rate.per_second:g} a second per {level}, {rate.burst} at once",
                    level=level,
                    limit=rate.per_second,
                    retry_after=after(wait),
                )

    def _take(self, tenant: str, key: str, rate: Rate) -> float:
        with self._lock:
            left = self._left.pop((tenant, key), 0)
            if not left:
                portion = max(1, int(rate.burst * PORTION))
                wait = self.store.take(tenant, key, portion, rate, at=self.now())
                if wait > 0:
                    return wait
                left = portion
            self._left[tenant, key] = left - 1
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
        return 0.0
