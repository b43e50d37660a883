"""Reading a document: what it is, its text, its chunks. The first step of an ingest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from heddle.application.documents.parsed import Parsed, parsed_key
from heddle.application.ports.ingests import IngestJob
from heddle.application.ports.originals import Originals
from heddle.domain.documents.chunking import chunks_of
from heddle.domain.documents.text import storable, storable_json

MAX_CHARACTERS = 10_000_000


@dataclass(frozen=True)
class ReadText:
    """What a parser gives. `structure` has {offset, title} of headings, `page_starts` the offsets of pages."""

    text: str
    title: str | None
    media_type: str
    structure: list[dict[str, Any]]
    page_starts: list[int]
    pages: int | None
    metadata: Mapping[str, Any]


class Parse(Protocol):
    """Reads bytes of any format that we know."""

    def __call__(self, data: bytes, *, declared: str, filename: str, seconds: float, max_chars: int) -> ReadText:
        """Return the text. Raises NodeError document_empty, _corrupt, _encrypted, _unsupported, _unsafe, _timeout."""
        ...


@dataclass(frozen=True)
class ReadOriginal:
    """Reads the original of a job and keeps the result beside it."""

    originals: Originals
    parse: Parse
    seconds: Callable[[], float]

    def __call__(self, job: IngestJob) -> dict[str, Any]:
        """Return {chunks, pages, truncated}. Raises what Parse raises, and NotFound if the original is gone."""
        data = self.originals.read(job.tenant, job.object)
        read = self.parse(
            data, declared=job.media_type, filename=job.filename, seconds=self.seconds(), max_chars=MAX_CHARACTERS + 1
        )
        text = storable(read.text)[:MAX_CHARACTERS]
        metadata = storable_json(dict(read.metadata))
        parsed = Parsed(
            text=text,
            title=storable(read.title or PurePosixPath(job.filename).stem or "untitled")[:500],
            media_type=read.media_type,
            chunks=tuple(chunks_of(text, headings=read.structure, page_starts=read.page_starts)),
            language=_language(job.language or str(read.metadata.get("language") or "")),
            pages=read.pages,
            words=len(text.split()),
            truncated=len(read.text) > MAX_CHARACTERS,
            metadata=metadata if isinstance(metadata, dict) else {},
        )
        self.originals.write(job.tenant, parsed_key(job.object), parsed.to_bytes())
        return {"chunks": len(parsed.chunks), "pages": parsed.pages, "truncated": parsed.truncated}


def _language(declared: str) -> str:
    code = declared.replace("_", "-").partition("-")[0].strip().lower()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""
