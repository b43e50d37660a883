"""Secrets of webhooks: made from one key of the stage, or kept by the tenant where the sender makes them.

A secret that we make is HMAC-SHA256(stage's key, tenant / trigger / generation): nothing is stored per webhook, and a
million of them cost nothing. Rotating counts the generation up; the one before holds until a time.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from heddle.application.ports.secrets import Secrets
from heddle.domain.triggers.trigger import Trigger
from heddle.domain.webhooks.signature import PREFIX
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class HookSecrets:
    """`stage_key()` is the key that secrets are made from; `secrets` are the tenants' own."""

    stage_key: Callable[[], bytes]
    secrets: Secrets

    def begin(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the config of a new webhook."""
        return {**config, "generation": 1, "previous_until": None}

    def keep(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
        """Return a changed config with the secrets that were."""
        return {**after, "generation": before["generation"], "previous_until": before["previous_until"]}

    def rotated(self, config: Mapping[str, Any], overlap_hours: int, now: datetime) -> dict[str, Any]:
        """Return the config with one generation more."""
        until = (now + timedelta(hours=overlap_hours)).isoformat()
        return {**config, "generation": int(config["generation"]) + 1, "previous_until": until}

    def newest(self, trigger: Trigger) -> str | None:
        """Return the secret to give to the sender; None if there is none of ours."""
        if trigger.kind != "webhook" or trigger.config["secrets"]:
            return None
        return self._made(trigger, int(trigger.config["generation"]))

    def live(self, trigger: Trigger, now: datetime) -> Sequence[str]:
        """Return the secrets that hold now, the newest first; NotFound `secret_not_found` if a tenant's is gone."""
        if names := trigger.config["secrets"]:
            return [self.secrets.get(trigger.tenant, name) for name in names]
        generation, until = int(trigger.config["generation"]), trigger.config["previous_until"]
        made = [self._made(trigger, generation)]
        if until is not None and now < datetime.fromisoformat(until):
            made.append(self._made(trigger, generation - 1))
        return made

    def _made(self, trigger: Trigger, generation: int) -> str:
        message = f"{trigger.tenant}/{trigger.id}/{generation}".encode()
        return PREFIX + base64.b64encode(hmac.new(self.stage_key(), message, hashlib.sha256).digest()).decode()
