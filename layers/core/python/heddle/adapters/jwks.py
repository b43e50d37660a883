"""The user pool's public keys, fetched once and kept; a key that is not among them causes another look.

Another look at most once a minute: otherwise anyone could make us fetch for ever with invented key ids.
"""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt

from heddle.errors import UpstreamUnavailable

REFRESH_SECONDS = 60.0
FETCH_TIMEOUT_SECONDS = 3.0
MAX_BYTES = 256 * 1024


def fetch(url: str) -> bytes:
    """GET the key set. The address is our own setting, never a caller's."""
    with urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_SECONDS) as answer:
        data: bytes = answer.read(MAX_BYTES)
    return data


@dataclass
class JwksSigningKeys:
    """SigningKeys from a JWKS address; only RSA signing keys for RS256 are taken from it."""

    url: str
    fetch: Callable[[str], bytes] = fetch
    clock: Callable[[], float] = time.monotonic
    _keys: dict[str, Any] = field(default_factory=dict)
    _looked_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, kid: str) -> Any | None:
        """Return the RSA public key of that id, or None; UpstreamUnavailable if none could ever be fetched."""
        if kid not in self._keys:
            with self._lock:
                if kid not in self._keys and self._may_look():
                    self._look()
        return self._keys.get(kid)

    def _may_look(self) -> bool:
        return self._looked_at is None or self.clock() - self._looked_at >= REFRESH_SECONDS

    def _look(self) -> None:
        try:
            keys = _read(self.fetch(self.url))
        except (OSError, ValueError) as error:
            if self._keys:
                self._looked_at = self.clock()
                return
            raise UpstreamUnavailable("the user pool's keys could not be fetched") from error
        self._looked_at, self._keys = self.clock(), keys


def _read(data: bytes) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for item in json.loads(data)["keys"]:
        if item.get("kty") == "RSA" and item.get("use", "sig") == "sig" and item.get("alg", "RS256") == "RS256":
            keys[item["kid"]] = jwt.PyJWK(item, algorithm="RS256").key
    return keys
