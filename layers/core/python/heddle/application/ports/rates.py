"""Rates: so many a second, and so many at once after a pause."""

from typing import Protocol

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` on average, `burst` at once."""

    per_second: float
    burst: int


class RateStore(Protocol):
    """Token buckets that all processes share."""

    def take(self, tenant: str, key: str, count: int, rate: Rate, *, at: float) -> float:
        """Take `count`, atomically, at a time in seconds since 1970, and return 0.0.

        If they are not there nothing is taken, and what is returned is how many seconds it takes until they are.
        """
        ...
