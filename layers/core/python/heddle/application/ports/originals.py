"""Where the bytes of documents lie, and what is worked out of them before it is stored."""

from collections.abc import Iterator
from typing import Protocol

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Original:
    """Bytes as they lie there: `object` is their key, named after their SHA-256 below their document."""

    object: str
    sha256: str
    bytes: int
    media_type: str


class Originals(Protocol):
    """Files of documents, all below `{tenant}/documents/{document}/`, so that one prefix is all of a document."""

    def measure(self, tenant: str, upload: str, *, most: int) -> Original:
        """Read an upload through, and return its hash and size.

        NotFound `upload_not_found`; PayloadTooLarge `document_too_large` above `most` bytes, before it is read;
        InvalidInput `document_empty`.
        """
        ...

    def take(self, tenant: str, document_id: str, upload: Original) -> Original:
        """Copy an upload that was measured to its document. NotFound if it is gone, or has changed since."""
        ...

    def keep(self, tenant: str, document_id: str, data: bytes, *, media_type: str) -> Original:
        """Keep bytes; the same ones twice are kept once."""
        ...

    def read(self, tenant: str, key: str) -> bytes:
        """Return the bytes of a file or an original; NotFound if there are none."""
        ...

    def write(self, tenant: str, key: str, data: bytes) -> None:
        """Keep something worked out, under an original's key with something behind it."""
        ...

    def has(self, tenant: str, key: str) -> bool:
        """Whether that was kept already."""
        ...

    def remove(self, tenant: str, key: str) -> None:
        """Forget one file or upload; nothing happens if it is gone."""
        ...

    def remove_all(self, tenant: str, document_id: str) -> int:
        """Forget all files of a document and return how many there were."""
        ...

    def link(self, tenant: str, key: str, *, filename: str, media_type: str) -> str:
        """Return a short-lived address to download a file from, under this name."""
        ...

    def files(self, tenant: str, document_id: str) -> Iterator[str]:
        """Yield the keys of all files of a document."""
        ...
