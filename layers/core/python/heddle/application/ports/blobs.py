"""Where large bytes lie."""

from datetime import datetime
from typing import Protocol

from heddle.domain.payload import PayloadRef
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """Facts of a stored blob."""

    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A presigned upload: `object` is the key to name in a run's input afterwards."""

    object: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class BlobStore(Protocol):
    """Bytes by key, below a prefix per tenant."""

    def put(self, tenant: str, data: bytes, *, media_type: str, prefix: str = "payloads") -> PayloadRef:
        """Store under `{tenant}/{prefix}/{sha256}`; putting the same bytes twice stores them once."""
        ...

    def get(self, tenant: str, key: str) -> bytes:
        """Return the bytes; NotFound if there are none or the key is not below the tenant's prefix."""
        ...

    def stat(self, tenant: str, key: str) -> "BlobInfo | None":
        """Return size and media type without reading the bytes."""
        ...

    def upload_url(self, tenant: str, filename: str, media_type: str, max_bytes: int, *, folder: str = "") -> "Upload":
        """Return where and how to PUT a file of the user's; the URL ends after 15 minutes.

        In a `folder` of the tenant's uploads it lies under its name, and takes the place of one that lay there.
        """
        ...
