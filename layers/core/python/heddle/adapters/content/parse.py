"""Reading bytes of any format by the parsers of the `parse` node."""

import time

from heddle.adapters.nodes.documents.document import Limits, empty
from heddle.adapters.nodes.documents.read import Source, media_type_of, read
from heddle.application.documents.read_original import ReadText


def parse(data: bytes, *, declared: str, filename: str, seconds: float, max_chars: int) -> ReadText:
    """Return the text, see `Parse`."""
    if not data.strip():
        raise empty()
    source = Source(data, declared, filename or None)
    media_type = media_type_of(source)
    document = read(source, media_type, Limits(deadline=time.monotonic() + seconds, max_chars=max_chars))
    if not document.text.strip() and not document.pages and not document.structure:
        raise empty()
    return ReadText(
        text=document.text,
        title=document.title,
        media_type=media_type,
        structure=document.structure,
        page_starts=document.page_starts,
        pages=document.pages,
        metadata=document.metadata,
    )
