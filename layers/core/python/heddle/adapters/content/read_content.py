"""Reading bytes for an analysis, by the parsers of the `parse` node."""

import time

from heddle.adapters.nodes.documents.document import Limits, empty
from heddle.adapters.nodes.documents.read import Source, media_type_of, read
from heddle.application.content.analyze import Content


def read_content(data: bytes, *, declared: str, filename: str, seconds: float, max_chars: int) -> Content:
    """Return the content, see `ReadContent`."""
    if not data.strip():
        raise empty()
    source = Source(data, declared, filename or None)
    media_type = media_type_of(source)
    document = read(source, media_type, Limits(deadline=time.monotonic() + seconds, max_chars=max_chars))
    if not document.text.strip() and not document.pages and not document.structure:
        raise empty()
    return Content(
        text=document.text,
        title=document.title,
        media_type=media_type,
        structure=document.structure,
        links=document.links,
        pages=document.pages,
        metadata=document.metadata,
    )
