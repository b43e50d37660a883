"""Limits of frames: what is over them is told how long to wait, and waiting so long is enough."""

import json
from dataclasses import replace

import pytest

from heddle.adapters.memory.rates import MemoryRateStore
from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import Connection
from heddle.application.realtime.frame_limits import SharedFrameLimits
from heddle.domain.limits import Limits, read_limits
from heddle.domain.realtime.frames import RateLimited

ADA = Connection("c1", Principal("acme", "user:ada", ("editor",), ("*",)), "s1", 0, 7200, 0, {})


@pytest.mark.parametrize("late", [0.5, 0.9, 0.9996, 0.99999])
def test_whoever_waits_as_long_as_the_error_says_is_let_through(late: float) -> None:
    at = 0.0
    limits = SharedFrameLimits(MemoryRateStore(), lambda: at, lambda tenant: Limits())
    for _ in range(Limits().authenticate_frame_burst):
        limits.take(ADA, "Authenticate")

    at = late
    with pytest.raises(RateLimited) as refused:
        limits.take(ADA, "Authenticate")
    at += refused.value.details["retry_after"]
    limits.take(ADA, "Authenticate")

    assert refused.value.details["retry_after"] > 0


@pytest.mark.parametrize(
    ("kind", "name", "level"),
    [
        ("Ping", "connection_frame_burst", "connection"),
        ("Ping", "user_frame_burst", "user"),
        ("Ping", "frame_burst", "tenant"),
        ("Authenticate", "authenticate_frame_burst", "Authenticate"),
        ("Subscribe", "subscribe_frame_burst", "Subscribe"),
        ("Broadcast", "broadcast_frame_burst", "Broadcast"),
        ("DirectMessage", "direct_message_frame_burst", "DirectMessage"),
    ],
)
def test_every_level_and_type_follows_the_limits_of_its_tenant(kind: str, name: str, level: str) -> None:
    document = {"tenants": {"acme": {name: 1, name.replace("_burst", "s_per_second"): 0.5}}}
    limits = SharedFrameLimits(MemoryRateStore(), lambda: 0.0, read_limits(json.dumps(document)).of)
    eve = replace(ADA, id="c2", principal=Principal("globex", "user:eve", ("editor",), ("*",)))
    limits.take(ADA, kind)

    with pytest.raises(RateLimited) as refused:
        limits.take(ADA, kind)

    assert (refused.value.details["level"], refused.value.details["limit"]) == (level, 0.5)
    limits.take(eve, kind)
