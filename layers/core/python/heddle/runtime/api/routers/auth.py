"""Login, refresh, logout, and who the caller is."""

from dataclasses import asdict
from typing import Any

from heddle.errors import InvalidInput
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services


@endpoint("login")
def login(services: Services, request: Request) -> Reply:
    """POST /login."""
    from heddle.runtime.api.bodies.auth import LoginBody

    body = request.model(LoginBody)
    return Reply(200, asdict(services.ports.tokens.login(body.username, body.password, new_password=body.new_password)))


@endpoint("refresh")
def refresh(services: Services, request: Request) -> Reply:
    """POST /refresh."""
    from heddle.runtime.api.bodies.auth import RefreshBody

    return Reply(200, asdict(services.ports.tokens.refresh(request.model(RefreshBody).refresh_token)))


@endpoint("logout")
def logout(services: Services, request: Request) -> Reply:
    """POST /logout. The access token stays valid until it expires: it is checked without asking anyone."""
    from heddle.runtime.api.bodies.auth import LogoutBody

    body = request.model(LogoutBody, optional=True)
    if body.refresh_token is None and not body.everywhere:
        message = "needed, unless `everywhere` is true: there is nothing else that could be ended"
        raise InvalidInput(
            "send the `refresh_token` to end, or `everywhere`: true",
            code="invalid_body",
            errors=[{"field": "refresh_token", "message": message}],
        )
    if body.everywhere:
        services.ports.tokens.sign_out(_access_token(request))
    if body.refresh_token is not None:
        services.ports.tokens.revoke(body.refresh_token)
    return Reply(204)


@endpoint("me")
def me(services: Services, request: Request) -> Reply:
    """GET /me."""
    caller = request.principal
    answer: dict[str, Any] = {
        "tenant": caller.tenant,
        "principal": caller.id,
        "name": caller.name,
        "roles": list(caller.roles),
        "scopes": list(caller.scopes),
        "expires_at": caller.expires_at,
    }
    return Reply(200, answer)


def _access_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not request.principal.id.startswith("user:"):
        raise InvalidInput(
            "only a user has sessions to end; an API key is ended with DELETE /api-keys/{id}", code="invalid_command"
        )
    return token.strip()
