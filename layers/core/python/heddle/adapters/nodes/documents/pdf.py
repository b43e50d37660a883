"""PDF, by pypdfium2 (the engine of Chrome). PDFium is not thread-safe, so one document is read at a time."""

import re
import threading
from contextlib import closing
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c

from heddle.adapters.nodes.documents.document import MAX_LINKS, MAX_STRUCTURE, Document, Limits, TextBuilder, corrupt
from heddle.adapters.nodes.documents.media import Media
from heddle.adapters.nodes.documents.pdf_streams import refuse_bombs
from heddle.adapters.nodes.documents.plain import links_in
from heddle.errors import NodeError

_LOCK = threading.Lock()
_METADATA = {
    "Author": "author",
    "Subject": "description",
    "Keywords": "keywords",
    "Creator": "creator",
    "Producer": "generator",
    "CreationDate": "created",
    "ModDate": "modified",
}
_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?")
_HYPHEN = re.compile(r"(?<=[a-z])[\u00ad\ufffe\x02]\s*\n?")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_MAX_PAGES = 20_000
_MAX_OBJECTS = 500
_ENDS = (".", "!", "?", ":")
_SHORT = 0.75


def parse_pdf(data: bytes, limits: Limits) -> Document:
    """Read a PDF's text layer, page by page. A page that is only a picture gives no text."""
    if refuse_bombs(data, limits):
        return read_here(data, limits)
    from heddle.adapters.nodes.documents.pdf_apart import read_apart

    return read_apart(data, limits)


def read_here(data: bytes, limits: Limits) -> Document:
    """Read it in this process."""
    with _LOCK:
        _forget_last_error()
        try:
            with closing(pypdfium2.PdfDocument(data)) as pdf:
                return _read(pdf, limits)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD:
                raise NodeError(
                    "the PDF is encrypted and needs a password", code="document_encrypted", format="PDF"
                ) from None
            raise corrupt("PDF") from None


def _forget_last_error() -> None:
    """Make PDFium's last error one of format: where it refuses a file without a reason, the one before would stay."""
    pdfium_c.FPDF_LoadMemDocument(b"none", 4, None)


def _read(pdf: pypdfium2.PdfDocument, limits: Limits) -> Document:
    builder, media = TextBuilder(limits), Media()
    starts: list[int] = []
    count = len(pdf)
    if count == 0:
        raise corrupt("PDF", "it has no pages")
    for number in range(min(count, _MAX_PAGES)):
        limits.check()
        starts.append(builder.length + 2 if builder.length else 0)
        if not builder.full:
            text, pictures = _page(pdf, number)
            builder.add(text)
            for _ in range(pictures):
                media.add("image", starts[-1], page=number + 1)
    text = builder.text()
    metadata, title = _metadata(pdf)
    return Document(
        text=text,
        title=title or _first_line(text),
        structure=_outline(pdf, starts, limits),
        links=links_in(text)[:MAX_LINKS],
        metadata=metadata,
        pages=count,
        page_starts=starts,
        media=media.entries,
    )


def _page(pdf: pypdfium2.PdfDocument, number: int) -> tuple[str, int]:
    """Return a page's text, and how many pictures are on it."""
    with closing(pdf[number]) as page, closing(page.get_textpage()) as textpage:
        text = textpage.get_text_bounded()
        pictures = _pictures(page)
    return _paragraphs(_HYPHEN.sub("", text).replace("\x00", "")), pictures


def _pictures(page: pypdfium2.PdfPage) -> int:
    """Count pictures among the first objects of a page: a drawing may have a hundred thousand."""
    objects = min(pdfium_c.FPDFPage_CountObjects(page), _MAX_OBJECTS)
    kinds = (pdfium_c.FPDFPageObj_GetType(pdfium_c.FPDFPage_GetObject(page, index)) for index in range(objects))
    return sum(kind == pdfium_c.FPDF_PAGEOBJ_IMAGE for kind in kinds)


def _paragraphs(text: str) -> str:
    """Join lines into paragraphs: a line clearly shorter than the page's longest, with a full stop, ends one.

    A short line without one, after a full stop, is a heading: a paragraph of its own.
    """
    lines = [line.strip() for line in _LINE_ENDS.split(text)]
    width = max(map(len, lines), default=0)
    parts: list[str] = []
    current: list[str] = []
    for line in lines:
        short = len(line) < width * _SHORT
        if (
            line
            and short
            and current
            and current[-1].endswith(_ENDS)
            and not line.endswith(_ENDS)
            and line[0].isupper()
        ):
            parts.append(" ".join(current))
            current = []
        if line:
            current.append(line)
        ends = not line or (short and (line.endswith(_ENDS) or len(current) == 1))
        if ends and current:
            parts.append(" ".join(current))
            current = []
    if current:
        parts.append(" ".join(current))
    return "\n\n".join(parts)


def _first_line(text: str) -> str | None:
    first = text.partition("\n")[0].strip()
    return first if 0 < len(first) <= 120 else None


def _metadata(pdf: pypdfium2.PdfDocument) -> tuple[dict[str, Any], str | None]:
    raw = {name: value.replace("\x00", "").strip() for name, value in pdf.get_metadata_dict().items() if value}
    metadata: dict[str, Any] = {}
    for name, ours in _METADATA.items():
        if value := raw.get(name):
            metadata[ours] = _date(value) if name.endswith("Date") else value[:2000]
    title = raw.get("Title", "")
    return metadata, title if title.lower() not in ("", "untitled", "anonymous") else None


def _date(value: str) -> str:
    """Return `D:20260102030405Z` as 2026-01-02T03:04:05, as far as it goes."""
    match = _DATE.match(value)
    if match is None:
        return value[:100]
    year, month, day, hour, minute, second = (part or "" for part in match.groups())
    date = "-".join(part for part in (year, month, day) if part)
    return f"{date}T{hour}:{minute or '00'}:{second or '00'}" if hour else date


def _outline(pdf: pypdfium2.PdfDocument, starts: list[int], limits: Limits) -> list[dict[str, Any]]:
    """Return the bookmarks; page counts from 1, offset is where that page's text begins."""
    outline: list[dict[str, Any]] = []
    for bookmark in pdf.get_toc(max_depth=15):
        limits.check()
        if len(outline) >= MAX_STRUCTURE:
            break
        dest = bookmark.get_dest()
        index = dest.get_index() if dest is not None else None
        known = index is not None and 0 <= index < len(starts)
        outline.append(
            {
                "level": bookmark.level + 1,
                "title": bookmark.get_title().replace("\x00", ""),
                "page": index + 1 if known and index is not None else None,
                "offset": starts[index] if known and index is not None else None,
            }
        )
    return outline
