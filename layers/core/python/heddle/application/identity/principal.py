"""Who acts: a user with a token or a service with an API key, within exactly one tenant."""

import re
from collections.abc import Mapping
from typing import Any

from heddle.records import dataclass

TENANT_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""Tenant names hold no `#` or `/`, so that they can begin a key or a path without being mistaken for one another."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose credential held. `id` is `user:<subject>` or `key:<key id>`, as events record it.

    `roles` are of viewer, editor, admin. `scopes` narrow what an API key may do; a user has `*`.
    """

    tenant: str
    id: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    name: str = ""
    expires_at: int | None = None

    def to_context(self) -> dict[str, str]:
        """Return the authorizer context; API Gateway carries strings only."""
        return {
            "tenant": self.tenant,
            "principal": self.id,
            "roles": ",".join(self.roles),
            "scopes": ",".join(self.scopes),
            "name": self.name,
            "expires_at": "" if self.expires_at is None else str(self.expires_at),
        }


def from_context(context: Mapping[str, Any]) -> Principal | None:
    """Read what `to_context` wrote; None if there is no usable principal in it."""
    tenant, principal = context.get("tenant"), context.get("principal")
    if not isinstance(tenant, str) or not isinstance(principal, str) or not principal:
        return None
    if not TENANT_PATTERN.fullmatch(tenant):
        return None
    expires_at = str(context.get("expires_at") or "")
    return Principal(
        tenant=tenant,
        id=principal,
        roles=_words(context.get("roles")),
        scopes=_words(context.get("scopes")),
        name=str(context.get("name") or ""),
        expires_at=int(expires_at) if expires_at.isdigit() else None,
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in str(value or "").split(",") if word)
