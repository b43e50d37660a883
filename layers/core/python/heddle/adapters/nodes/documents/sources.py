"""Where nodes get documents from: in the config, from an upload, or from an address that was checked."""

import base64
import binascii
import posixpath
from collections.abc import Mapping
from typing import Any, Protocol

from heddle.adapters.nodes.documents.document import MAX_BYTES, empty
from heddle.adapters.nodes.documents.read import Source
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.fetch_document import FetchDocument
from heddle.application.ports.blobs import BlobInfo
from heddle.domain.nodes.fields import invalid, kind
from heddle.domain.nodes.spec import NodeTask
from heddle.errors import NodeError, NotFound
from heddle.records import dataclass

SOURCES = ("text", "base64", "object", "url")


class Blobs(Protocol):
    """The part of BlobStore that is needed here."""

    def get(self, tenant: str, key: str) -> bytes:
        """As BlobStore.get."""
        ...

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        """As BlobStore.stat."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentSources:
    """Gets the document that a node's config names."""

    client: GuardedClient
    blobs: Blobs

    def __call__(self, task: NodeTask, timeout: float) -> Source:
        """Return the bytes. Raises NodeError document_not_found, _empty, _too_large, and those of the client."""
        source = self._found(task, timeout)
        if len(source.data) > MAX_BYTES:
            raise _too_large(len(source.data))
        if not source.data.strip():
            raise empty()
        return source

    def _found(self, task: NodeTask, timeout: float) -> Source:
        document = task.config.get("document")
        if isinstance(document, str):
            document = {"text": document}
        if not isinstance(document, Mapping):
            raise invalid("document", f"must be an object, but is {kind(document)}")
        given = [name for name in SOURCES if document.get(name) is not None]
        if len(given) != 1:
            raise invalid("document", f"must hold exactly one of {', '.join(SOURCES)}")
        value = document[given[0]]
        if not isinstance(value, str):
            raise invalid(f"document.{given[0]}", f"must be text, but is {kind(value)}")
        declared, name = _optional(document, "media_type") or "", _optional(document, "filename")
        if given[0] == "text":
            # What was text already is UTF-8 now, whatever a declaration says of the file it once was.
            return Source(value.encode("utf-8", "replace"), declared.partition(";")[0] + "; charset=utf-8", name)
        if given[0] == "base64":
            return Source(_unpack(value), declared, name)
        if given[0] == "object":
            return self._object(task.tenant, value, declared, name)
        return self._fetch(task, value, declared, name, timeout)

    def _object(self, tenant: str, key: str, declared: str, name: str | None) -> Source:
        try:
            info = self.blobs.stat(tenant, key)
            if info is not None and info.bytes > MAX_BYTES:
                raise _too_large(info.bytes)
            data = self.blobs.get(tenant, key) if info is not None else None
        except NotFound:
            data = None
        if data is None or info is None:
            raise NodeError("there is no such uploaded object", code="document_not_found", object=key)
        return Source(data, declared or info.media_type, name or posixpath.basename(key))

    def _fetch(self, task: NodeTask, url: str, declared: str, name: str | None, timeout: float) -> Source:
        fetch = FetchDocument(self.client)
        found = fetch(url, seconds=timeout, max_bytes=MAX_BYTES, correlation_id=task.correlation_id)
        return Source(found.data, declared or found.media_type, name or found.name, url=found.url)


def _optional(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"document.{name}", f"must be text, but is {kind(value)}")
    return value or None


def _unpack(value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NodeError("the document is not valid base64", code="document_corrupt", format="base64") from None


def _too_large(size: int) -> NodeError:
    return NodeError(
        f"the document has {size} bytes, more than {MAX_BYTES}",
        code="document_too_large",
        bytes=size,
        max_bytes=MAX_BYTES,
    )
