"""Find the credential in a request's headers and turn it into a principal."""

from collections.abc import Callable, Mapping

from heddle.application.identity.principal import Principal
from heddle.errors import Unauthenticated
from heddle.records import dataclass

KEY_PREFIX = "hdl_"


@dataclass(frozen=True, slots=True)
class Authenticate:
    """`check_token` and `check_key` each turn the text of a credential into a principal or raise Unauthenticated."""

    check_token: Callable[[str], Principal]
    check_key: Callable[[str], Principal]

    def __call__(self, headers: Mapping[str, str]) -> Principal:
        """Return who sent these headers (names in any case); Unauthenticated if no credential holds.

        Two different credentials at once are refused: whoever sends both cannot say as whom they wish to act.
        """
        lowered = {name.lower(): value for name, value in headers.items() if isinstance(value, str)}
        key, authorization = lowered.get("x-api-key", "").strip(), lowered.get("authorization", "").strip()
        if key and authorization:
            raise Unauthenticated("send either a bearer token or an API key, not both")
        if key:
            return self.check_key(key)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or " " in token.strip():
            raise Unauthenticated("no bearer token and no API key was sent")
        token = token.strip()
        return self.check_key(token) if token.startswith(KEY_PREFIX) else self.check_token(token)
