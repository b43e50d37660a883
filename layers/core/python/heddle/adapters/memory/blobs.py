"""Blobs in memory, below a prefix per tenant."""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from heddle.application.ports.blobs import BlobInfo, Upload
from heddle.domain.payload import PayloadRef
from heddle.errors import NotFound

UPLOAD_SECONDS = 900


@dataclass
class MemoryBlobStore:
    """A BlobStore; uploads are made with `receive`, as there is nothing to PUT to."""

    _blobs: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, tenant: str, data: bytes, *, media_type: str, prefix: str = "payloads") -> PayloadRef:
        digest = hashlib.sha256(data).hexdigest()
        key = f"{tenant}/{prefix}/{digest}"
        with self._lock:
            self._blobs.setdefault(key, (bytes(data), media_type))
        return PayloadRef(key, digest, len(data))

    def get(self, tenant: str, key: str) -> bytes:
        blob = self._find(tenant, key)
        if blob is None:
            raise NotFound(f"there is no object {key!r}", object=key)
        return blob[0]

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        blob = self._find(tenant, key)
        return BlobInfo(len(blob[0]), blob[1]) if blob is not None else None

    def upload_url(self, tenant: str, filename: str, media_type: str, max_bytes: int, *, folder: str = "") -> Upload:
        key = f"{tenant}/uploads/{folder or secrets.token_hex(16)}/{PurePosixPath(filename).name}"
        expires = datetime.now(UTC) + timedelta(seconds=UPLOAD_SECONDS)
        return Upload(key, f"memory:{key}", {"Content-Type": media_type}, expires)

    def receive(self, key: str, data: bytes, *, media_type: str) -> None:
        """Keep what a user would have PUT to the upload's URL."""
        with self._lock:
            self._blobs[key] = (data, media_type)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin so and have bytes, in order."""
        with self._lock:
            return sorted(key for key, (data, _) in self._blobs.items() if key.startswith(prefix) and data)

    def forget(self, key: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._blobs.pop(key, None)

    def _find(self, tenant: str, key: str) -> tuple[bytes, str] | None:
        return self._blobs.get(key) if key.startswith(f"{tenant}/") else None
