"""Claim checks: a payload too large for an event lies in the blob store, and the event holds a reference to it."""

import hashlib
from typing import Any

import orjson

from heddle.application.ports.blobs import BlobStore
from heddle.domain.payload import INLINE_LIMIT_BYTES, as_ref
from heddle.errors import HeddleError


def check_in(blobs: BlobStore, tenant: str, value: Any) -> Any:
    """Return the value itself, or the `{"$ref": …}` of where it was stored if its JSON is longer than 32 KiB.

    A value that only looks like a reference is stored too, so that nobody can name a blob that was not given to them.
    """
    data = orjson.dumps(value)
    if len(data) <= INLINE_LIMIT_BYTES and as_ref(value) is None:
        return value
    return blobs.put(tenant, data, media_type="application/json").to_json()


def check_out(blobs: BlobStore, tenant: str, value: Any) -> Any:
    """Return the value that a payload field stands for, reading it if it is a reference.

    Raises HeddleError with code `payload_corrupt` if the bytes are not those that were stored.
    """
    ref = as_ref(value)
    if ref is None:
        return value
    data = blobs.get(tenant, ref.key)
    if hashlib.sha256(data).hexdigest() != ref.sha256:
        raise HeddleError(f"the payload {ref.key!r} has changed since it was stored", code="payload_corrupt")
    return orjson.loads(data)
