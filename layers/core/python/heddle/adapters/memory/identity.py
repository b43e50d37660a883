"""Identity in memory: a user pool that signs real RS256 tokens, and a store of API keys."""

import base64
import json
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from heddle import records
from heddle.application.identity.ports import ApiKey, Tokens
from heddle.application.ports.paging import Page
from heddle.errors import Conflict, InvalidInput, NotFound, Unauthenticated

ACCESS_SECONDS = 3600


@records.dataclass(slots=True)
class _User:
    username: str
    password: str
    tenant: str | None
    roles: tuple[str, ...]
    subject: str
    temporary: bool = False


@dataclass
class MemoryUserPool:
    """A TokenIssuer and SigningKeys in one: users, rotating refresh tokens, and an RSA key made at the start."""

    issuer: str
    client_id: str
    now: Callable[[], datetime]
    kid: str = "memory-key"
    private_key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    _users: dict[str, _User] = field(default_factory=dict)
    _sessions: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_user(
        self,
        username: str,
        password: str,
        *,
        tenant: str | None,
        roles: Sequence[str] = ("viewer",),
        temporary: bool = False,
    ) -> None:
        """Add a user; one with a temporary password must change it at the first login."""
        self._users[username] = _User(username, password, tenant, tuple(roles), f"sub-{username}", temporary)

    def login(self, username: str, password: str, *, new_password: str | None = None) -> Tokens:
        user = self._users.get(username)
        if user is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            raise Unauthenticated("user name or password is wrong", code="invalid_credentials")
        if user.temporary and new_password is None:
            raise Conflict("the temporary password must be changed", code="password_change_required")
        if user.temporary and new_password is not None:
            if len(new_password) < 12:
                raise InvalidInput("the new password breaks the password policy", code="weak_password")
            user.password, user.temporary = new_password, False
        return self._issue(user)

    def refresh(self, refresh_token: str) -> Tokens:
        with self._lock:
            username = self._sessions.pop(refresh_token, None)
        user = self._users.get(username) if username is not None else None
        if user is None:
            raise Unauthenticated("the refresh token does not hold", code="invalid_refresh_token")
        return self._issue(user)

    def revoke(self, refresh_token: str) -> None:
        with self._lock:
            self._sessions.pop(refresh_token, None)

    def sign_out(self, access_token: str) -> None:
        claims = jwt.decode(access_token, options={"verify_signature": False})
        with self._lock:
            self._sessions = {t: user for t, user in self._sessions.items() if user != claims.get("username")}

    def key(self, kid: str) -> Any | None:
        return self.private_key.public_key() if kid == self.kid else None

    def sign(self, claims: dict[str, Any], *, headers: dict[str, str] | None = None) -> str:
        """Sign any claims with the pool's key: how tests make tokens that are almost right."""
        return jwt.encode(claims, self.private_key, algorithm="RS256", headers=headers or {"kid": self.kid})

    def claims(self, username: str, use: str = "access") -> dict[str, Any]:
        """Return the claims that a token of this user carries now."""
        user, issued = self._users[username], int(self.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": user.subject,
            "token_use": use,
            "username": user.username,
            "iat": issued,
            "exp": issued + ACCESS_SECONDS,
            "jti": secrets.token_hex(8),
        }
        claims["client_id" if use == "access" else "aud"] = self.client_id
        if user.tenant is not None:
            claims |= {"tenant": user.tenant, "roles": list(user.roles)}
        return claims

    def _issue(self, user: _User) -> Tokens:
        refresh = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[refresh] = user.username
        access, identity = self.sign(self.claims(user.username)), self.sign(self.claims(user.username, "id"))
        return Tokens(access, identity, refresh, ACCESS_SECONDS)


@dataclass
class MemoryApiKeyStore:
    """API keys in a dictionary."""

    _keys: dict[str, ApiKey] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, key: ApiKey) -> None:
        with self._lock:
            if key.id in self._keys:
                raise Conflict(f"there is an API key {key.id} already", code="api_key_exists")
            self._keys[key.id] = key

    def get(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    def keys(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[ApiKey]:
        rows = sorted((k for k in self._keys.values() if k.tenant == tenant), key=_newest, reverse=True)
        if cursor is not None:
            before = _decode(cursor)
            rows = [row for row in rows if _newest(row) < before]
        more = len(rows) > limit
        return Page(tuple(rows[:limit]), _encode(_newest(rows[limit - 1])) if more else None)

    def revoke(self, tenant: str, key_id: str, *, at: datetime) -> None:
        with self._lock:
            key = self._keys.get(key_id)
            if key is None or key.tenant != tenant:
                raise NotFound(f"there is no API key {key_id!r}", code="api_key_not_found")
            if key.revoked_at is None:
                self._keys[key_id] = replace(key, revoked_at=at)


def _newest(key: ApiKey) -> tuple[str, str]:
    return key.created_at.isoformat(), key.id


def _encode(position: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _decode(cursor: str) -> tuple[str, str]:
    try:
        at, key_id = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError as error:
        raise InvalidInput("the cursor is not one of ours", code="invalid_cursor") from error
    return str(at), str(key_id)
