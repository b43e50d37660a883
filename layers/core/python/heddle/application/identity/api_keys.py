"""API keys: made once, shown once, stored as a hash, and checked in constant time.

A key reads `hdl_<id>_<secret>`: the id finds the row, the secret (256 random bits) proves it. A fast hash is enough,
because a secret of that size cannot be guessed; a password KDF would only make every request slow.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from heddle.application.identity.ports import ApiKey, ApiKeyStore
from heddle.application.identity.principal import Principal
from heddle.errors import Unauthenticated
from heddle.records import dataclass

KEY_PATTERN = re.compile(r"hdl_([0-9A-Za-z]{8,40})_([0-9A-Za-z_-]{32,128})")


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """Make a key for a service of the caller's tenant; the text of the key is answered here and never again."""

    store: ApiKeyStore
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]

    def __call__(
        self, principal: Principal, *, name: str, role: str, scopes: tuple[str, ...], expires_in_days: int | None
    ) -> tuple[ApiKey, str]:
        """Return the stored key and its text."""
        secret, created_at = self.new_secret(), self.now()
        key = ApiKey(
            id=self.new_id(),
            tenant=principal.tenant,
            name=name,
            secret_sha256=digest(secret),
            role=role,
            scopes=scopes,
            created_at=created_at,
            created_by=principal.id,
            expires_at=None if expires_in_days is None else created_at + timedelta(days=expires_in_days),
        )
        self.store.put(key)
        return key, f"hdl_{key.id}_{secret}"


@dataclass(frozen=True, slots=True)
class CheckApiKey:
    """Turn the text of a key into the principal it stands for."""

    store: ApiKeyStore
    now: Callable[[], datetime]

    def __call__(self, text: str) -> Principal:
        """Return the principal; Unauthenticated `invalid_api_key` whatever the reason, so that nothing is learned."""
        match = KEY_PATTERN.fullmatch(text)
        key = self.store.get(match[1]) if match else None
        # Compared even if there is no such key, so that the time of the answer does not tell.
        expected = key.secret_sha256 if key else digest("")
        holds = hmac.compare_digest(digest(match[2] if match else "-"), expected)
        if key is None or not holds or key.revoked_at is not None:
            raise Unauthenticated("the API key does not hold", code="invalid_api_key")
        if key.expires_at is not None and key.expires_at <= self.now():
            raise Unauthenticated("the API key does not hold", code="invalid_api_key")
        return Principal(
            tenant=key.tenant,
            id=f"key:{key.id}",
            roles=(key.role,),
            scopes=key.scopes,
            name=key.name,
            expires_at=None if key.expires_at is None else int(key.expires_at.timestamp()),
        )


def digest(secret: str) -> str:
    """Return the hex SHA-256 that stands for a secret in the store."""
    return hashlib.sha256(secret.encode()).hexdigest()
