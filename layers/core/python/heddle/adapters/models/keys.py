"""Whose key a provider is asked with: the tenant's own, else the stage's.

tenant's secret `openai-api-key` (Secrets)  →  OPENAI_API_KEY of the function  →  llm_auth, naming the secret
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from heddle.adapters.models.failures import failure
from heddle.application.ports.secrets import Secrets
from heddle.errors import NotFound, UpstreamUnavailable

NAMES: Mapping[str, tuple[str, str]] = {
    "openai": ("openai-api-key", "OPENAI_API_KEY"),
    "anthropic": ("anthropic-api-key", "ANTHROPIC_API_KEY"),
}
"""Provider to the tenant's secret and the stage's variable."""

ABSENT_SECONDS = 60.0
"""How long a tenant counts as one without a key: most have none, and each question costs a call."""


@dataclass(frozen=True)
class ProviderKeys:
    """Finds keys; what `secrets` keeps of those it found is used, so a rotated key is used soon."""

    secrets: Secrets
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    monotonic: Callable[[], float] = time.monotonic
    _absent: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    def __call__(self, tenant: str, provider: str) -> str | None:
        """Return the key, None for a provider that needs none.

        Raises NodeError llm_auth if nobody has one, llm_unavailable if the tenant's could not be read.
        """
        if provider not in NAMES:
            return None
        secret, variable = NAMES[provider]
        of_the_stage = self.environment.get(variable, "")
        if of_the_stage and self.monotonic() < self._absent.get((tenant, provider), 0.0):
            return of_the_stage
        try:
            return self.secrets.get(tenant, secret).strip()
        except NotFound:
            self._absent[(tenant, provider)] = self.monotonic() + ABSENT_SECONDS
        except UpstreamUnavailable as error:
            raise failure("llm_unavailable", provider, "the key could not be read") from error
        if not of_the_stage:
            reason = f"there is no API key; create the tenant's secret `{secret}`"
            raise failure("llm_auth", provider, reason, secret=secret)
        return of_the_stage
