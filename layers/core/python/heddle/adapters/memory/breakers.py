"""Circuits in memory."""

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime

from heddle.domain.models.breaker import Circuit


@dataclass
class MemoryCircuitStore:
    """A CircuitStore in a dictionary; two with the same `_kept` share it as two processes share a table."""

    _kept: dict[tuple[str, str], Circuit] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, tenant: str, provider: str) -> Circuit:
        return self._kept.get((tenant, provider), Circuit())

    def read_all(self, tenant: str) -> dict[str, Circuit]:
        return {provider: circuit for (owner, provider), circuit in list(self._kept.items()) if owner == tenant}

    def write(self, tenant: str, provider: str, circuit: Circuit, *, forget_at: datetime) -> bool:
        with self._lock:
            if self.read(tenant, provider).version != circuit.version:
                return False
            self._kept[(tenant, provider)] = replace(circuit, version=circuit.version + 1)
            return True
