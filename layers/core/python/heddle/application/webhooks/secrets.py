"""Secrets of the webhooks that we send: made from one key of the stage, so that a tenant's costs nothing to keep.

A secret is HMAC-SHA256(stage's key, "webhooks", tenant, generation); all that is kept is the generation.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from heddle.application.ports.webhooks import WebhookSecretStore
from heddle.domain.webhooks.secret import SecretState
from heddle.domain.webhooks.signature import PREFIX
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class ShownSecret:
    """The newest secret, and until when (ISO 8601) webhooks are signed with the one before it as well."""

    secret: str
    previous_until: str | None


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """`stage_key()` is the key that secrets are made from."""

    stage_key: Callable[[], bytes]
    store: WebhookSecretStore
    now: Callable[[], datetime]

    def newest(self, tenant: str) -> ShownSecret:
        """Return the secret to check webhooks with."""
        return self._shown(tenant, self.store.get(tenant))

    def rotate(self, tenant: str, *, overlap_hours: int) -> ShownSecret:
        """Make a new one; webhooks carry a signature of the one before it too, for so long. VersionConflict."""
        state = self.store.get(tenant).rotated(overlap_hours, self.now())
        self.store.put(tenant, state)
        return self._shown(tenant, state)

    def live(self, tenant: str) -> tuple[str, ...]:
        """Return what a webhook is signed with now, the newest first."""
        return tuple(self._made(tenant, generation) for generation in self.store.get(tenant).live(self.now()))

    def _shown(self, tenant: str, state: SecretState) -> ShownSecret:
        overlaps = len(state.live(self.now())) > 1
        return ShownSecret(self._made(tenant, state.generation), state.previous_until if overlaps else None)

    def _made(self, tenant: str, generation: int) -> str:
        # No tenant's name holds a NUL, and no secret of a trigger is made from a text with one (hook_secrets.py).
        message = "\0".join(("webhooks", tenant, str(generation))).encode()
        return PREFIX + base64.b64encode(hmac.new(self.stage_key(), message, hashlib.sha256).digest()).decode()
