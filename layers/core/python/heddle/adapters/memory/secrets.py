"""Secrets in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from heddle.errors import NotFound


@dataclass
class MemorySecrets:
    """A Secrets; `values` maps (tenant, name) to the value."""

    values: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def get(self, tenant: str, name: str) -> str:
        value = self.values.get((tenant, name))
        if value is None:
            raise NotFound(f"there is no secret {name!r}", code="secret_not_found", name=name)
        return value
