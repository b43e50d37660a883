"""Limits of frames: what is over them is told how long to wait, and waiting so long is enough."""

import pytest

from heddle.adapters.memory.rates import MemoryRateStore
from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import Connection
from heddle.application.realtime.frame_limits import BY_TYPE, SharedFrameLimits
from heddle.domain.realtime.frames import RateLimited

ADA = Connection("c1", Principal("acme", "user:ada", ("editor",), ("*",)), "s1", 0, 7200, 0, {})


@pytest.mark.parametrize("late", [0.5, 0.9, 0.9996, 0.99999])
def test_whoever_waits_as_long_as_the_error_says_is_let_through(late: float) -> None:
    at = 0.0
    limits = SharedFrameLimits(MemoryRateStore(), lambda: at)
    for _ in range(BY_TYPE["Authenticate"].burst):
        limits.take(ADA, "Authenticate")

    at = late
    with pytest.raises(RateLimited) as refused:
        limits.take(ADA, "Authenticate")
    at += refused.value.details["retry_after"]
    limits.take(ADA, "Authenticate")

    assert refused.value.details["retry_after"] > 0
