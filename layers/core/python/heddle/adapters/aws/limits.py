"""Limits of tenants from AppConfig: read again every half minute, and kept when what comes is no good.

session ─► token ─► GetLatestConfiguration ─► content, or none: nothing has changed ─► next token
└─ token too old ─► a new session at the next look
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from heddle.domain.limits import Limits, LimitsDocument, read_limits
from heddle.errors import InvalidInput

POLL_SECONDS = 30


@dataclass
class AppConfigLimits:
    """A TenantLimits. `profile` is `application/environment/profile`; `report` hears why a look gave nothing."""

    client: Callable[[], Any]
    profile: str
    monotonic: Callable[[], float]
    report: Callable[[str], object]
    _document: LimitsDocument = field(default_factory=lambda: LimitsDocument(Limits(), {}))
    _token: str | None = None
    _look_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, tenant: str) -> Limits:
        with self._lock:
            if self.monotonic() >= self._look_at:
                self._look_at = self.monotonic() + POLL_SECONDS
                self._look()
        return self._document.of(tenant)

    def _look(self) -> None:
        try:
            content = self._content()
        except (ClientError, BotoCoreError) as error:
            self._token = None  # whatever it was, a new session is good for the next look
            self.report(f"limits were not read: {error}")
            return
        if not content:
            return
        try:
            self._document = read_limits(content)
        except InvalidInput as error:
            self.report(f"limits are not valid, the last good ones stay: {error.message}")

    def _content(self) -> bytes:
        client = self.client()
        if self._token is None:
            application, environment, profile = self.profile.split("/")
            self._token = client.start_configuration_session(
                ApplicationIdentifier=application,
                EnvironmentIdentifier=environment,
                ConfigurationProfileIdentifier=profile,
                RequiredMinimumPollIntervalInSeconds=POLL_SECONDS // 2,
            )["InitialConfigurationToken"]
        answer = client.get_latest_configuration(ConfigurationToken=self._token)
        self._token = answer["NextPollConfigurationToken"]
        return bytes(answer["Configuration"].read())
