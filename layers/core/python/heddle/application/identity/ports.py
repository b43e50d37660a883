"""What identity needs from the outside world: a token issuer, a store of API keys, and keys to verify tokens with."""

from datetime import datetime
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gives. Lifetimes in seconds; `refresh_token` replaces the one before (rotation)."""

    access_token: str
    id_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "Bearer"


class TokenIssuer(Protocol):
    """The user pool. Unknown user and wrong password look the same to the caller, always."""

    def login(self, username: str, password: str, *, new_password: str | None = None) -> Tokens:
        """Return tokens; `new_password` answers the demand to change a temporary password.

        Raises Unauthenticated `invalid_credentials`, Conflict `password_change_required` (only after the right
        password), InvalidInput `weak_password`, HeddleError `too_many_attempts`, UpstreamUnavailable.
        """
        ...

    def refresh(self, refresh_token: str) -> Tokens:
        """Return fresh tokens with a new refresh token; the old one ends.

        Raises Unauthenticated `invalid_refresh_token` for one that is unknown, used, revoked or expired.
        """
        ...

    def revoke(self, refresh_token: str) -> None:
        """End the session of this refresh token; one that has ended is fine."""
        ...

    def sign_out(self, access_token: str) -> None:
        """End every session of the token's user; a token that has ended is fine."""
        ...


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as stored: only the SHA-256 of its secret, never the secret."""

    id: str
    tenant: str
    name: str
    secret_sha256: str
    role: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class ApiKeyStore(Protocol):
    """API keys by id, which is all a request names; listed and revoked within a tenant."""

    def put(self, key: ApiKey) -> None:
        """Keep a new key; Conflict if the id exists."""
        ...

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key, revoked and expired ones too: whoever checks a credential decides."""
        ...

    def keys(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[ApiKey]:
        """List the tenant's keys, newest first. A cursor that is not ours is an InvalidInput `invalid_cursor`."""
        ...

    def revoke(self, tenant: str, key_id: str, *, at: datetime) -> None:
        """Mark revoked; NotFound if the tenant has none of that id; a second time keeps the first moment."""
        ...


class SigningKeys(Protocol):
    """The public keys that tokens are signed with."""

    def key(self, kid: str) -> Any | None:
        """Return the RSA public key of that id, or None; unknown ids cause a refresh, at most one a minute."""
        ...
