"""Whose key a provider is asked with: the tenant's own, else the stage's.

tenant's secret  ──none──►  the stage's variable, but never for an address that a tenant chose
`<name>-api-key`                └──none──►  llm_auth, naming the secret; no key, where the kind can do without
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from heddle.adapters.models.failures import failure
from heddle.adapters.models.stage import KEYED, stage_key
from heddle.application.ports.secrets import Secrets
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NotFound, UpstreamUnavailable

ABSENT_SECONDS = 60.0
"""How long a tenant counts as one without a key: most have none, and each question costs a call."""

_WITHOUT = frozenset({"extractive", "bedrock"})


@dataclass(frozen=True)
class ProviderKeys:
    """Finds keys; what `secrets` keeps of those it found is used, so a rotated key is used soon."""

    secrets: Secrets
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    monotonic: Callable[[], float] = time.monotonic
    _absent: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    def __call__(self, tenant: str, provider: str) -> str | None:
        """Return the key for a provider of the stage, see `of`."""
        return self.of(tenant, ProviderConfig(name=provider, kind=provider))

    def of(self, tenant: str, config: ProviderConfig) -> str | None:
        """Return the key, None for a provider that needs none.

        Raises NodeError llm_auth if nobody has one, llm_unavailable if the tenant's could not be read.
        """
        if config.kind in _WITHOUT:
            return None
        secret = config.secret or f"{config.name}-api-key"
        of_the_stage = stage_key(config, self.environment)
        needed = config.kind in KEYED
        # Without this memory, what was created a moment ago is used at once: where its absence would be an error.
        if (of_the_stage or not needed) and self.monotonic() < self._absent.get((tenant, secret), 0.0):
            return of_the_stage or None
        try:
            return self.secrets.get(tenant, secret).strip()
        except NotFound:
            self._absent[(tenant, secret)] = self.monotonic() + ABSENT_SECONDS
        except UpstreamUnavailable as error:
            raise failure("llm_unavailable", config.name, "the key could not be read") from error
        if of_the_stage or not needed:
            return of_the_stage or None
        reason = f"there is no API key; create the tenant's secret `{secret}`"
        raise failure("llm_auth", config.name, reason, secret=secret)
