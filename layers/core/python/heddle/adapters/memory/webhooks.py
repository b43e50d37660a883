"""Webhooks in memory: their queue, and how often tenants made their secrets anew."""

import threading
from dataclasses import dataclass, field

from heddle.domain.webhooks.secret import SecretState
from heddle.domain.webhooks.webhook import Delivery
from heddle.errors import VersionConflict


@dataclass
class MemoryDeliveries:
    """A Deliveries in a list, for somebody else to take out."""

    waiting: list[Delivery] = field(default_factory=list)

    def put(self, delivery: Delivery) -> None:
        self.waiting.append(delivery)


@dataclass
class MemoryWebhookSecretStore:
    """A WebhookSecretStore in a dictionary."""

    _states: dict[str, SecretState] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tenant: str) -> SecretState:
        return self._states.get(tenant, SecretState())

    def put(self, tenant: str, state: SecretState) -> None:
        with self._lock:
            if self.get(tenant).generation != state.generation - 1:
                raise VersionConflict("somebody else made a new secret at the same time")
            self._states[tenant] = state
