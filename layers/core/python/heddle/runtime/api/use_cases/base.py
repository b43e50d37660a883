"""What every use case of the API is built from.

Use cases are built and imported when they are first asked for: every AWS client costs some 20 to 50 ms of a cold start,
and most requests need one or two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.runtime.api.ports import ApiSettings, Ports


@dataclass(frozen=True)
class UseCases:
    """Ports, settings, and what a test puts its own in place of."""

    ports: Ports
    settings: ApiSettings
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
