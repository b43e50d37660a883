"""Markdown (CommonMark with tables), by markdown-it-py: its text without marks, headings, links, front matter."""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from heddle.adapters.nodes.documents.document import MAX_LINKS, MAX_STRUCTURE, Document, Limits, TextBuilder
from heddle.adapters.nodes.documents.media import Media
from heddle.adapters.nodes.documents.plain import decode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_ENTRY = re.compile(r"^([A-Za-z][\w-]{0,63}):[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_TAGS = re.compile(r"<[^<>]{0,1000}>")
# Inline marks nest and match backwards: the cost of one very long block grows faster than its length.
_LONGEST_BLOCK = 200_000
_CELLS = frozenset({"td_open", "th_open"})


def parse_markdown(data: bytes, limits: Limits, charset: str | None = None) -> Document:
    """Read Markdown. Every text is Markdown, so none is corrupt."""
    source, encoding = decode(data, charset)
    metadata: dict[str, Any] = {"encoding": encoding}
    if front := _FRONT_MATTER.match(source):
        metadata |= {key.lower(): value.strip("\"'") for key, value in _ENTRY.findall(front.group(1))}
        source = source[front.end() :]
    reader = _Reader(limits)
    for piece in _pieces(source):
        limits.check()
        if reader.builder.full:
            break
        reader.read(piece)
    title = metadata.get("title") or next((one["title"] for one in reader.structure if one["level"] == 1), None)
    return Document(
        text=reader.builder.text(),
        title=title or next((one["title"] for one in reader.structure), None),
        structure=reader.structure,
        links=list(reader.links.values()),
        metadata=metadata,
        media=reader.media.entries,
    )


def _pieces(source: str) -> list[str]:
    """Cut a very large text at empty lines before unindented ones, so that the time is checked between pieces."""
    if len(source) <= _LONGEST_BLOCK:
        return [source]
    pieces: list[str] = []
    current: list[str] = []
    size = 0
    fenced = False
    for block in re.split(r"\n{2,}(?=\S)", source):
        if size + len(block) > _LONGEST_BLOCK and current and not fenced:
            pieces.append("\n\n".join(current))
            current, size = [], 0
        fenced ^= len(re.findall(r"^(?:```|~~~)", block, re.MULTILINE)) % 2 == 1
        current.append(block)
        size += len(block)
    pieces.append("\n\n".join(current))
    return pieces


class _Reader:
    """Turns tokens into paragraphs."""

    def __init__(self, limits: Limits) -> None:
        self.builder = TextBuilder(limits)
        self.structure: list[dict[str, Any]] = []
        self.links: dict[str, dict[str, str]] = {}
        self.media = Media()
        self._markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self._row: list[str] | None = None
        self._rows: list[int] = []  # columns of each row of the table that is being read
        self._table = 0

    def read(self, source: str) -> None:
        """Append what a piece of Markdown says."""
        heading = 0
        if max(map(len, source.split("\n\n")), default=0) > _LONGEST_BLOCK:
            self.builder.add(source.strip())  # one enormous paragraph: its marks are not worth their cost
            return
        for token in self._markdown.parse(source):
            if token.type == "heading_open":
                heading = int(token.tag[1:])
            elif token.type == "inline":
                self._inline(token, heading)
                heading = 0
            elif token.type in ("fence", "code_block"):
                start = self.builder.add(token.content.rstrip("\n"))
                self.media.code(start, language=token.info.partition(" ")[0])
            elif token.type == "html_block":
                self.builder.add(_TAGS.sub(" ", token.content).strip())
            elif token.type == "table_open":
                self._table, self._rows = self.builder.length, []
            elif token.type == "table_close":
                self.media.add("table", self._table, rows=len(self._rows), columns=max(self._rows, default=0))
            elif token.type == "tr_open":
                self._row = []
            elif token.type == "tr_close" and self._row is not None:
                self.builder.add(" | ".join(self._row))
                self._rows.append(len(self._row))
                self._row = None

    def _inline(self, token: Token, heading: int) -> None:
        text = self._text(token.children or []).strip()
        if self._row is not None:
            self._row.append(text)
            return
        offset = self.builder.add(text)
        if heading and text and len(self.structure) < MAX_STRUCTURE:
            self.structure.append({"level": heading, "title": text, "offset": offset})

    def _text(self, tokens: list[Token]) -> str:
        parts: list[str] = []
        opened: tuple[str, int] | None = None
        for token in tokens:
            if token.type in ("text", "code_inline"):
                parts.append(token.content)
            elif token.type in ("softbreak", "hardbreak"):
                parts.append(" " if token.type == "softbreak" else "\n")
            elif token.type == "image":
                parts.append(token.content)
                self.media.picture(self.builder.length, url=str(token.attrs.get("src", "")), text=token.content)
            elif token.type == "link_open":
                opened = (str(token.attrs.get("href", "")), len(parts))
            elif token.type == "link_close" and opened is not None:
                self._link(opened[0], "".join(parts[opened[1] :]))
                opened = None
        return "".join(parts)

    def _link(self, url: str, text: str) -> None:
        if url and not url.startswith("#") and len(self.links) < MAX_LINKS:
            self.links.setdefault(url, {"url": url, "text": text.strip()[:500]})
