"""A tenant's secrets."""

from typing import Protocol


class Secrets(Protocol):
    """A tenant's secrets by name."""

    def get(self, tenant: str, name: str) -> str:
        """Return the value; NotFound if the tenant has none of that name."""
        ...
