"""Values of a run by claim check: small JSON stays where it is, large JSON goes to the blob store."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import orjson

from heddle.application.ports.blobs import BlobStore
from heddle.domain.payload import INLINE_LIMIT_BYTES, as_ref
from heddle.errors import HeddleError, NodeError, PayloadTooLarge

MAX_BYTES = 256 * 1024 * 1024
_KEPT_BYTES = 64 * 1024 * 1024


@dataclass
class PayloadCache:
    """Bytes of payloads that this container loaded or stored, by tenant and key; the oldest go first."""

    limit: int = _KEPT_BYTES
    _kept: OrderedDict[tuple[str, str], bytes] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tenant: str, key: str) -> bytes | None:
        """Return the bytes if they are still here."""
        with self._lock:
            return self._kept.get((tenant, key))

    def put(self, tenant: str, key: str, data: bytes) -> None:
        """Keep the bytes, unless they alone would fill the cache."""
        with self._lock:
            if len(data) > self.limit // 2 or (tenant, key) in self._kept:
                return
            self._kept[(tenant, key)] = data
            self._bytes += len(data)
            while self._bytes > self.limit:
                self._bytes -= len(self._kept.popitem(last=False)[1])


@dataclass(frozen=True)
class Payloads:
    """The payloads of one tenant."""

    tenant: str
    blobs: BlobStore
    cache: PayloadCache
    max_bytes: int

    def load(self, value: Any) -> Any:
        """Return the value itself, or what its reference stands for.

        Raises HeddleError with code `payload_corrupt` if the bytes are not those that were stored.
        """
        ref = as_ref(value)
        if ref is None:
            return value
        data = self.cache.get(self.tenant, ref.key)
        if data is None:
            data = self.blobs.get(self.tenant, ref.key)
            if hashlib.sha256(data).hexdigest() != ref.sha256:
                raise HeddleError(f"the payload {ref.key!r} has changed since it was stored", code="payload_corrupt")
            self.cache.put(self.tenant, ref.key, data)
        return orjson.loads(data)

    def store(self, value: Any, inline: int = INLINE_LIMIT_BYTES) -> Any:
        """Return the value as JSON values, or the JSON of a reference if it is longer than `inline` bytes.

        Raises NodeError `node_output_invalid` if it is not JSON, PayloadTooLarge above the documented limit.
        """
        try:
            data = orjson.dumps(value)
        except (TypeError, ValueError) as error:
            raise NodeError(f"the value is not JSON: {error}", code="node_output_invalid") from None
        if len(data) > self.max_bytes:
            raise PayloadTooLarge(
                f"the value has {len(data)} bytes, more than {self.max_bytes}", code="node_output_too_large"
            )
        # A value that only looks like a reference is stored as one, so that no node can name a blob it was not given.
        if len(data) <= inline and as_ref(value) is None:
            return orjson.loads(data)
        ref = self.blobs.put(self.tenant, data, media_type="application/json")
        self.cache.put(self.tenant, ref.key, data)
        return ref.to_json()


def check_in(blobs: BlobStore, tenant: str, value: Any) -> Any:
    """Return the value itself, or the JSON of a reference to where it was stored if it is large."""
    return Payloads(tenant, blobs, PayloadCache(limit=0), MAX_BYTES).store(value)


def check_out(blobs: BlobStore, tenant: str, value: Any) -> Any:
    """Return the value that a payload field stands for, reading it if it is a reference."""
    return Payloads(tenant, blobs, PayloadCache(limit=0), MAX_BYTES).load(value)
