"""How many frames a connection, a user and a tenant may send: buckets that all processes share, in portions.

A process takes some frames' worth out of a bucket at a time and counts them down by itself, so a busy connection costs
a write for every tenth of its burst instead of one per frame. What a process has taken and not used is lost with it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from heddle.application.ports.rates import Rate, RateStore
from heddle.application.ports.realtime import Connection
from heddle.domain.limits import Limits
from heddle.domain.realtime.frames import RateLimited, after

PORTION = 0.1
"""Which part of a burst is taken at once."""
REMEMBERED = 10_000


@dataclass
class SharedFrameLimits:
    """A FrameLimits. `limits` gives those of a tenant as they are now."""

    store: RateStore
    now: Callable[[], float]
    limits: Callable[[str], Limits]
    _left: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, connection: Connection, kind: str) -> None:
        """Count a frame; RateLimited `rate_limited` names the level, and the seconds to wait in `retry_after`."""
        limits = self.limits(connection.tenant)
        levels = [
            ("connection", f"connection#{connection.id}", connection_rate(limits)),
            ("user", f"user#{connection.user}", user_rate(limits)),
            ("tenant", "tenant", Rate(limits.frames_per_second, limits.frame_burst)),
        ]
        rate_of_type = rate_by_type(limits, kind)
        if rate_of_type is not None:
            levels.insert(0, (kind, f"{kind}#{connection.id}", rate_of_type))
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


def connection_rate(limits: Limits) -> Rate:
    """Return what a connection may send."""
    return Rate(limits.connection_frames_per_second, limits.connection_frame_burst)


def user_rate(limits: Limits) -> Rate:
    """Return what all connections of a user may send."""
    return Rate(limits.user_frames_per_second, limits.user_frame_burst)


def rate_by_type(limits: Limits, kind: str) -> Rate | None:
    """Return what a connection may send of frames of a type; None if that type has no rate of its own."""
    match kind:
        case "Authenticate":
            return Rate(limits.authenticate_frames_per_second, limits.authenticate_frame_burst)
        case "Subscribe":
            return Rate(limits.subscribe_frames_per_second, limits.subscribe_frame_burst)
        case "Broadcast":
            return Rate(limits.broadcast_frames_per_second, limits.broadcast_frame_burst)
        case "DirectMessage":
            return Rate(limits.direct_message_frames_per_second, limits.direct_message_frame_burst)
    return None
