"""API keys: made, listed, revoked. The text of a key is answered once, when it is made."""

from typing import Any

from heddle.application.identity.ports import ApiKey
from heddle.errors import Forbidden, InvalidInput
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.routes.route import scope_allows
from heddle.runtime.api.routes.table import SCOPES
from heddle.runtime.api.services import Services


@endpoint("list_api_keys")
def list_api_keys(services: Services, request: Request) -> Reply:
    """GET /api-keys."""
    page = services.ports.api_keys.keys(request.tenant, limit=request.query["limit"], cursor=request.query["cursor"])
    return Reply(200, {"items": [_shown(key) for key in page.items], "cursor": page.cursor})


@endpoint("create_api_key")
def create_api_key(services: Services, request: Request) -> Reply:
    """POST /api-keys."""
    from heddle.runtime.api.bodies.api_keys import ApiKeyBody

    body = request.model(ApiKeyBody)
    known = ("*", *SCOPES)
    if unknown := [scope for scope in body.scopes if scope not in known]:
        raise InvalidInput(
            f"unknown scope {unknown[0]!r}",
            code="invalid_body",
            errors=[{"field": "scopes", "message": f"{scope!r} is not one of {', '.join(known)}"} for scope in unknown],
        )
    # A key may make keys, but none that can do more than it can itself.
    if beyond := [scope for scope in body.scopes if not scope_allows(request.principal.scopes, _all_if_star(scope))]:
        raise Forbidden(f"you lack the scope {beyond[0]} yourself", code="scope_missing")
    key, text = services.create_api_key(
        request.principal,
        name=body.name,
        role=body.role,
        scopes=tuple(dict.fromkeys(body.scopes)),
        expires_in_days=body.expires_in_days,
    )
    return Reply(201, {**_shown(key), "key": text}, {"Location": f"api-keys/{key.id}"})


@endpoint("revoke_api_key")
def revoke_api_key(services: Services, request: Request) -> Reply:
    """DELETE /api-keys/{key_id}."""
    services.ports.api_keys.revoke(request.tenant, request.params["key_id"], at=services.now())
    return Reply(204)


def _all_if_star(scope: str) -> str | None:
    return None if scope == "*" else scope


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "scopes": list(key.scopes),
        "created_at": key.created_at.isoformat(),
        "created_by": key.created_by,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
