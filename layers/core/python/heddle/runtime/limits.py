"""The limits of tenants as a function's environment names them."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heddle.runtime.settings import Settings

if TYPE_CHECKING:
    from heddle.application.ports.limits import TenantLimits


@dataclass(frozen=True, kw_only=True)
class LimitSettings(Settings):
    """Where limits are: LIMITS_PROFILE is application/environment/profile of AppConfig; without it, built in."""

    limits_profile: str = ""


def tenant_limits_of(settings: LimitSettings) -> "TenantLimits":
    """Return the limits; the client is made at the first look."""
    if not settings.limits_profile:
        from heddle.adapters.memory.limits import MemoryTenantLimits

        return MemoryTenantLimits()
    from heddle.adapters.aws.limits import AppConfigLimits
    from heddle.runtime.clients import client
    from heddle.runtime.logging import bind

    log = bind(None, None)
    return AppConfigLimits(
        lambda: client("appconfigdata", hasty=True),
        settings.limits_profile,
        time.monotonic,
        lambda reason: log.warning("limits", reason=reason),
    )
