"""Files of documents in memory, beside the uploads of a MemoryBlobStore."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.application.ports.originals import Original
from heddle.errors import InvalidInput, NotFound, PayloadTooLarge


@dataclass
class MemoryOriginals:
    """An Originals."""

    uploads: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    kept: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def measure(self, tenant: str, upload: str, *, most: int) -> Original:
        info = self.uploads.stat(tenant, upload)
        if info is None or not upload.startswith(f"{tenant}/uploads/"):
            raise NotFound(f"there is no upload {upload!r}", code="upload_not_found")
        if info.bytes > most:
            raise PayloadTooLarge(
                f"the document has {info.bytes} bytes; at most {most} are taken", code="document_too_large"
            )
        if info.bytes == 0:
            raise InvalidInput("the document is empty", code="document_empty")
        data = self.uploads.get(tenant, upload)
        return Original(upload, hashlib.sha256(data).hexdigest(), len(data), info.media_type)

    def take(self, tenant: str, document_id: str, upload: Original) -> Original:
        data = self.uploads.get(tenant, upload.object)
        return self.keep(tenant, document_id, data, media_type=upload.media_type)

    def keep(self, tenant: str, document_id: str, data: bytes, *, media_type: str) -> Original:
        digest = hashlib.sha256(data).hexdigest()
        key = f"{tenant}/documents/{document_id}/{digest}"
        self.kept[key] = (bytes(data), media_type)
        return Original(key, digest, len(data), media_type)

    def read(self, tenant: str, key: str) -> bytes:
        if not self.has(tenant, key):
            raise NotFound(f"there is no file {key!r}", code="original_not_found")
        return self.kept[key][0]

    def write(self, tenant: str, key: str, data: bytes) -> None:
        assert key.startswith(f"{tenant}/documents/")
        self.kept[key] = (data, "application/octet-stream")

    def has(self, tenant: str, key: str) -> bool:
        return key.startswith(f"{tenant}/documents/") and key in self.kept

    def remove(self, tenant: str, key: str) -> None:
        if key.startswith(f"{tenant}/"):
            self.kept.pop(key, None)
            self.uploads.forget(key)

    def remove_all(self, tenant: str, document_id: str) -> int:
        keys = list(self.files(tenant, document_id))
        for key in keys:
            del self.kept[key]
        return len(keys)

    def link(self, tenant: str, key: str, *, filename: str, media_type: str) -> str:
        if not self.has(tenant, key):
            raise NotFound(f"there is no file {key!r}", code="original_not_found")
        return f"memory:{key}"

    def files(self, tenant: str, document_id: str) -> Iterator[str]:
        prefix = f"{tenant}/documents/{document_id}/"
        yield from [key for key in self.kept if key.startswith(prefix)]
