"""Where it is kept what users say of themselves, and when something is to be looked at again."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from heddle.domain.realtime.presence import Stated
from heddle.records import dataclass


class PresenceStore(Protocol):
    """What is kept of users, by tenant; it ends by itself a month after the last change."""

    def get(self, tenant: str, users: Sequence[str]) -> Mapping[str, Stated]:
        """Return what is known, by user; who is not known is not in it. At most 100 users."""
        ...

    def put(self, tenant: str, user: str, stated: Stated, *, at: int) -> None:
        """Keep it; VersionConflict unless what is there has the revision before (0: nothing)."""
        ...


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to be looked at at a time, in seconds since 1970; `kind` and `key` say what."""

    tenant: str
    kind: str
    key: str
    at: int


class Timers(Protocol):
    """What is due when, of all tenants. There is one time for each (tenant, kind, key)."""

    def put(self, timer: Timer) -> None:
        """Set the time, or another one."""
        ...

    def due(self, before: int, *, limit: int) -> Sequence[Timer]:
        """Return what is due at that time."""
        ...

    def done(self, timer: Timer) -> bool:
        """Forget it; False if it has another time by now, or was done by somebody else."""
        ...
