"""What a user's tokens say about tenant and roles, from what the user pool knows about the user."""

from collections.abc import Mapping, Sequence
from typing import Any

from heddle.application.identity.principal import TENANT_PATTERN

ROLE_GROUPS = ("viewer", "editor", "admin")
RESERVED = ("tenant", "roles")


def token_claims(attributes: Mapping[str, Any], groups: Sequence[str]) -> dict[str, Any] | None:
    """Return the claims `tenant` and `roles`, or None for a user who belongs to no tenant.

    A user of a tenant without a role group is a viewer: whoever administers the pool put them into the tenant.
    """
    tenant = attributes.get("custom:tenant")
    if not isinstance(tenant, str) or not TENANT_PATTERN.fullmatch(tenant):
        return None
    roles = [role for role in ROLE_GROUPS if role in groups]
    return {"tenant": tenant, "roles": roles or ["viewer"]}
