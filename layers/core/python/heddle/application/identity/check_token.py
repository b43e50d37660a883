"""Check a bearer token: signature, issuer, client, expiry and use, and that it names a tenant and roles.

Only RS256 is known here. A token says itself how it is signed, so believing it would let a caller choose `none`, or
HS256 with our public key as the secret.
"""

from typing import Any

import jwt

from heddle.application.identity.ports import SigningKeys
from heddle.application.identity.principal import TENANT_PATTERN, Principal
from heddle.errors import Unauthenticated
from heddle.records import dataclass

ALGORITHM = "RS256"
KNOWN_ROLES = ("viewer", "editor", "admin")
MAX_TOKEN_CHARS = 16_384
LEEWAY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class CheckToken:
    """Turn an access token of the user pool into the principal it stands for."""

    keys: SigningKeys
    issuer: str
    client_id: str

    def __call__(self, token: str) -> Principal:
        """Return the principal; Unauthenticated `invalid_token` or `token_expired`."""
        claims = self._claims(token)
        if claims.get("token_use") != "access":
            raise _invalid("only access tokens are accepted")
        # Access tokens of Cognito carry client_id in place of aud; where both are there, both must be ours.
        if claims.get("client_id") != self.client_id or claims.get("aud", self.client_id) != self.client_id:
            raise _invalid("the token was issued to another client")
        tenant, roles, subject = claims.get("tenant"), _roles(claims.get("roles")), claims.get("sub")
        if not isinstance(tenant, str) or not TENANT_PATTERN.fullmatch(tenant):
            raise _invalid("the token names no tenant")
        if not roles:
            raise _invalid("the token names no role")
        if not isinstance(subject, str) or not subject:
            raise _invalid("the token names no subject")
        return Principal(
            tenant=tenant,
            id=f"user:{subject}",
            roles=roles,
            scopes=("*",),
            name=str(claims.get("username") or ""),
            expires_at=int(claims["exp"]),
        )

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_CHARS:
            raise _invalid("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") != ALGORITHM or not isinstance(kid, str):
                raise _invalid("the token is not signed with RS256 by a named key")
            key = self.keys.key(kid)
            if key is None:
                raise _invalid("the token is signed by an unknown key")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("the token has expired", code="token_expired") from error
        except jwt.PyJWTError as error:
            raise _invalid(type(error).__name__) from error
        return claims


def _roles(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    if not isinstance(value, list):
        return ()
    return tuple(role for role in KNOWN_ROLES if role in value)


def _invalid(reason: str) -> Unauthenticated:
    return Unauthenticated(f"the token does not hold: {reason}", code="invalid_token")
