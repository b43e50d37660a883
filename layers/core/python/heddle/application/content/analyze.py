"""Analyse at once what a caller sends: a text, bytes, or an upload."""

import base64
import binascii
import posixpath
from dataclasses import field
from typing import Any, Protocol

from heddle.application.content.analyze_bytes import TYPES, AnalyzeBytes, Wanted
from heddle.application.ports.blobs import BlobInfo
from heddle.domain.content.analyses import NAMES
from heddle.errors import HeddleError, InvalidInput, NotFound, PayloadTooLarge
from heddle.records import dataclass

MAX_BYTES = 10 * 1024 * 1024


class Blobs(Protocol):
    """The part of BlobStore that is needed here."""

    def get(self, tenant: str, key: str) -> bytes:
        """As BlobStore.get."""
        ...

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        """As BlobStore.stat."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be analysed: exactly one of `content` (text), `base64`, `object` (an upload) and `data`; and how.

    `declared` is the media type that came with `data`; `content_type` is what somebody says that it is.
    """

    content: str | None = None
    base64: str | None = None
    object: str | None = None
    data: bytes | None = None
    declared: str = ""
    content_type: str = ""
    filename: str = ""
    language: str | None = None
    wanted: tuple[str, ...] = field(default=NAMES)
    timeout_seconds: float = 25.0


@dataclass(frozen=True, slots=True)
class AnalyzeContent:
    """Gets the bytes, and analyses them."""

    blobs: Blobs
    analyze: AnalyzeBytes

    def __call__(self, tenant: str, question: Question) -> dict[str, Any]:
        """Return the analysis, see `AnalyzeBytes`, with `refined` for a model to say what it did.

        Raises InvalidInput, NotFound `upload_not_found`, PayloadTooLarge `document_too_large`, and what reading raises.
        """
        data, declared, filename = self._bytes(tenant, question)
        if len(data) > MAX_BYTES:
            raise _too_large(len(data))
        wanted = Wanted(
            declared=declared,
            filename=filename,
            said=question.content_type,
            language=question.language,
            analyses=question.wanted,
            seconds=question.timeout_seconds,
        )
        return self.analyze(data, wanted) | {"refined": None, "plugin_results": None}

    def _bytes(self, tenant: str, question: Question) -> tuple[bytes, str, str]:
        """Return the bytes, their media type as far as somebody said it, and their name."""
        given = [name for name in ("content", "base64", "object", "data") if getattr(question, name) is not None]
        if len(given) != 1:
            message = "give exactly one of content, base64 and object"
            raise InvalidInput(message, errors=[{"field": "content", "message": message}])
        declared = TYPES.get(question.content_type.lower(), question.content_type)
        if question.content is not None:
            data = question.content.encode("utf-8", "replace")
            return data, f"{declared.partition(';')[0]}; charset=utf-8", question.filename
        if question.data is not None:
            return question.data, declared or question.declared, question.filename
        if question.base64 is not None:
            try:
                return base64.b64decode(question.base64, validate=True), declared, question.filename
            except (binascii.Error, ValueError):
                message = "is not valid base64"
                raise InvalidInput(f"base64 {message}", errors=[{"field": "base64", "message": message}]) from None
        return self._upload(tenant, str(question.object), declared, question.filename)

    def _upload(self, tenant: str, key: str, declared: str, filename: str) -> tuple[bytes, str, str]:
        missing = NotFound("there is no such upload", code="upload_not_found")
        try:
            info = self.blobs.stat(tenant, key)
            if info is None:
                raise missing
            if info.bytes > MAX_BYTES:
                raise _too_large(info.bytes)
            return self.blobs.get(tenant, key), declared or info.media_type, filename or posixpath.basename(key)
        except NotFound:
            raise missing from None


def _too_large(size: int) -> HeddleError:
    return PayloadTooLarge(
        f"the document has {size} bytes, more than {MAX_BYTES}; POST /documents takes larger ones",
        code="document_too_large",
    )
