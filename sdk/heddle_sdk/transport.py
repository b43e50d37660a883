"""One request and its retries: credentials, correlation, backoff, and errors of one kind."""

import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from heddle_sdk.errors import ConnectionFailed, NotSignedIn, api_error

RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods that may be sent twice. A POST is repeated only with an Idempotency-Key, or if it was never received."""


@dataclass
class Credentials:
    """One way of saying who you are; of user and password, tokens are fetched and renewed when they are needed."""

    token: str | None = None
    api_key: str | None = None
    user: str | None = None
    password: str | None = None
    refresh_token: str | None = None
    expires_at: float = 0.0


@dataclass
class Transport:
    """Sends requests below `base_url`. `sleep` and `clock` are there for tests."""

    base_url: str
    credentials: Credentials = field(default_factory=Credentials)
    timeout: float = 60.0
    retries: int = 3
    http: httpx.Client | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        self._http = self.http or httpx.Client(timeout=self.timeout, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def json(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        anonymous: bool = False,
    ) -> Any:
        """Send, retry what may be retried, and return the JSON of the answer (None if it has no body)."""
        answer = self.send(
            method, path, body=body, content=content, params=params, headers=headers, anonymous=anonymous
        )
        return answer.json() if answer.content else None

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        anonymous: bool = False,
    ) -> httpx.Response:
        """As `json`, but return the answer itself (below 400)."""
        sent = {"X-Correlation-Id": f"sdk-{secrets.token_hex(8)}", **(headers or {})}
        repeatable = method in REPEATABLE or "Idempotency-Key" in sent
        params = {name: value for name, value in (params or {}).items() if value is not None}
        renewed = False
        attempt = 0
        while True:
            attempt += 1
            identity = {} if anonymous else self._identity()
            try:
                answer = self._http.request(
                    method, self.base_url + path, json=body, content=content, params=params, headers=sent | identity
                )
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if attempt > self.retries:
                    raise ConnectionFailed(f"nobody answers at {self.base_url}: {error}") from None
                self.sleep(self._pause(attempt, None))
                continue
            except httpx.TransportError as error:
                if attempt > self.retries or not repeatable:
                    raise ConnectionFailed(f"the connection to {self.base_url} broke: {error!r}") from None
                self.sleep(self._pause(attempt, None))
                continue
            if answer.status_code < 400:
                return answer
            if answer.status_code == 401 and not anonymous and not renewed and self._can_renew():
                renewed = True
                self.credentials.expires_at = 0.0
                continue
            retried = answer.status_code in RETRIED_STATUS and (repeatable or answer.status_code in (429, 503))
            if retried and attempt <= self.retries:
                self.sleep(self._pause(attempt, answer.headers.get("Retry-After")))
                continue
            raise api_error(answer.status_code, _problem(answer))

    def token(self) -> str | None:
        """Return the bearer token in use, fetched if need be; None for an API key."""
        return self._identity().get("Authorization", "").removeprefix("Bearer ") or None

    def credential_headers(self) -> dict[str, str]:
        """Return the headers that say who this is."""
        return self._identity()

    def _identity(self) -> dict[str, str]:
        who = self.credentials
        if who.api_key:
            return {"X-Api-Key": who.api_key}
        if who.user and self.clock() >= who.expires_at:
            self._sign_in()
        return {"Authorization": f"Bearer {who.token}"} if who.token else {}

    def _can_renew(self) -> bool:
        return bool(self.credentials.user and not self.credentials.api_key)

    def _sign_in(self) -> None:
        who = self.credentials
        tokens = None
        if who.refresh_token:
            try:
                tokens = self.json("POST", "/refresh", body={"refresh_token": who.refresh_token}, anonymous=True)
            except NotSignedIn:
                tokens = None
        if tokens is None:
            tokens = self.json("POST", "/login", body={"username": who.user, "password": who.password}, anonymous=True)
        who.token, who.refresh_token = tokens["access_token"], tokens.get("refresh_token")
        # A minute early, so that no request leaves with a token that ends on its way.
        who.expires_at = self.clock() + max(1.0, float(tokens.get("expires_in", 3600)) - 60)

    def _pause(self, attempt: int, retry_after: str | None) -> float:
        if retry_after and retry_after.isdigit():
            return min(30.0, float(retry_after))
        return min(10.0, 0.2 * 2.0**attempt) * (0.5 + random.random() / 2)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        value = {"detail": answer.text[:500] or answer.reason_phrase}
    if "detail" not in value and "message" in value:
        value["detail"] = value["message"]
    value.setdefault("correlation_id", answer.headers.get("X-Correlation-Id"))
    return value
