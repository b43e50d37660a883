"""Where circuit breakers are kept, so that all functions of a stage agree on which provider is not well."""

from datetime import datetime
from typing import Protocol

from heddle.domain.models.breaker import Circuit


class CircuitStore(Protocol):
    """One small value per tenant and provider, changed only by those who saw its last version."""

    def read(self, tenant: str, provider: str) -> Circuit:
        """Return what is kept; Circuit() with version 0 if nothing is."""
        ...

    def read_all(self, tenant: str) -> dict[str, Circuit]:
        """Return every circuit of a tenant by the provider's name; closed ones may be missing."""
        ...

    def write(self, tenant: str, provider: str, circuit: Circuit, *, forget_at: datetime) -> bool:
        """Replace the circuit whose version is `circuit.version` by this one, with the next version.

        Returns False, and changes nothing, if somebody else wrote meanwhile. After `forget_at` it may be gone.
        """
        ...
