"""HTML, by selectolax (lexbor): the article's text where the page marks one, headings, links, meta data."""

import re
from collections import Counter
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from heddle.adapters.nodes.documents.document import MAX_LINKS, MAX_STRUCTURE, Document, Limits, TextBuilder, unsafe
from heddle.adapters.nodes.documents.media import Media
from heddle.adapters.nodes.documents.plain import decode

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SILENT = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "object", "head", "nav", "form", "button", "select"}
)
_SIDE = frozenset({"aside", "footer", "header"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt", "figcaption"}
    | {"figure", "footer", "form", "header", "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section"}
    | {"summary", "table", "tbody", "tfoot", "thead", "tr", "ul", *_HEADINGS}
)
# What holds nothing, or ends by itself when the next of its kind begins: no depth comes of leaving it open.
_SELF_CLOSING = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
    | {"p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "rt", "rp"}
)
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]{0,40})")
_MAX_DEPTH = 2000
_MAX_ROWS = 50
"""Of a table, by which its columns are told."""
_PLAYED = {"video": "video", "audio": "audio"}
_LANGUAGE = re.compile(r"\b(?:language|lang|highlight-source)-([\w+#-]{1,40})")
_MAIN = ("article", "main", "[role=main]")
_META = {
    "author": "author",
    "article:author": "author",
    "description": "description",
    "og:description": "description",
    "keywords": "keywords",
    "date": "created",
    "article:published_time": "created",
    "article:modified_time": "modified",
    "og:site_name": "site",
    "generator": "generator",
}


def parse_html(data: bytes, limits: Limits, charset: str | None = None, base_url: str | None = None) -> Document:
    """Read HTML. Browsers read any bytes as HTML, and so does this: there is no corrupt HTML."""
    declared = _CHARSET.search(data[:4096])
    text, encoding = decode(data, charset or (declared.group(1).decode("ascii", "replace") if declared else None))
    _refuse_depth(text)
    tree = LexborHTMLParser(text)
    limits.check()
    root = _root(tree, limits)
    walk = _Walk(limits)
    if root is not None:
        walk.through(root)
    metadata = _metadata(tree) | {"encoding": encoding}
    return Document(
        text=walk.builder.text(),
        title=_title(tree, walk.structure),
        structure=walk.structure,
        links=_links(root, base_url, limits),
        metadata=metadata,
        media=walk.media.entries,
    )


def _refuse_depth(text: str) -> None:
    """Raise NodeError `document_unsafe` for elements nested by the thousand.

    The parser, which cannot be interrupted, takes quadratic time over them: 98 s for 200,000 unclosed `<div>`.
    """
    opened: Counter[str] = Counter()
    depth = 0
    for closing, name in _TAG.findall(text):
        name = name.lower()
        if name in _SELF_CLOSING:
            continue
        if not closing:
            opened[name] += 1
            depth += 1
            if depth > _MAX_DEPTH:
                raise unsafe(f"elements are nested deeper than {_MAX_DEPTH}")
        elif opened[name]:
            opened[name] -= 1
            depth -= 1


def _root(tree: LexborHTMLParser, limits: Limits) -> LexborNode | None:
    """Return the article or main element that holds the most text, if there is one, else the body."""
    if limits.main_content:
        for selector in _MAIN:
            marked = tree.css(selector)
            if marked:
                best = max(marked, key=lambda node: len(node.text(deep=True)))
                if best.text(deep=True, strip=True):
                    return best
    return tree.body


class _Walk:
    """Goes through the tree without recursion: pages nest as deep as their makers like."""

    def __init__(self, limits: Limits) -> None:
        self.builder = TextBuilder(limits)
        self.structure: list[dict[str, Any]] = []
        self.media = Media()
        self._table: int | None = None
        self._skipped = _SILENT | _SIDE if limits.main_content else _SILENT
        self._inline: list[str] = []

    def through(self, root: LexborNode) -> None:
        """Collect paragraphs and headings below the root, in the order of the page."""
        node: LexborNode | None = root
        while node is not None and not self.builder.full:
            entered = self._enter(node, root)
            if entered and node.child is not None:
                node = node.child
                continue
            node = self._onward(node, root)
        self._end_block()

    def _enter(self, node: LexborNode, root: LexborNode) -> bool:
        """Take the node in; returns whether to look inside it."""
        tag = node.tag or ""
        if tag == "-text":
            self._inline.append(node.text_content or "")
            return False
        self._notice(node, tag)
        if (tag in self._skipped and node.mem_id != root.mem_id) or tag.startswith("-") or tag.startswith("!"):
            return False
        if tag in _HEADINGS or tag == "pre":
            self._end_block()
            text = node.text(deep=True)
            if tag in _HEADINGS:
                self._heading(_HEADINGS[tag], text)
            else:
                self.media.code(self.builder.add(text.strip("\n")), language=_language(node))
            return False
        if tag in _BLOCKS:
            self._end_block()
        elif tag == "br":
            self._inline.append("\n")
        elif tag in ("td", "th"):
            self._inline.append(" ")
        return True

    def _notice(self, node: LexborNode, tag: str) -> None:
        """Note what stands here besides text; where it stands is where the text goes on."""
        here, attributes = self.builder.length, node.attributes
        if tag == "img":
            self.media.picture(here, url=attributes.get("src"), text=attributes.get("alt"))
        elif tag in _PLAYED:
            sources = (child.attributes.get("src") for child in node.iter() if child.tag == "source")
            url = attributes.get("src") or next(filter(None, sources), None)
            self.media.add(_PLAYED[tag], here, url=url, text=attributes.get("title") or attributes.get("aria-label"))
        elif tag == "svg":
            title = node.css_first("title")
            drawn = title.text(deep=True) if title is not None else attributes.get("aria-label")
            if drawn:  # one without a name is an ornament
                self.media.add("diagram", here, text=drawn)
        elif tag == "table" and self._table is None:
            self._table = node.mem_id  # what is within it is part of it: to count each again would take for ever
            rows = node.css("tr")
            columns = max((len(row.css("td, th")) for row in rows[:_MAX_ROWS]), default=0)
            caption = node.css_first("caption")
            text = caption.text(deep=True) if caption is not None else None
            self.media.add("table", here, text=text, rows=len(rows), columns=columns)

    def _onward(self, node: LexborNode, root: LexborNode) -> LexborNode | None:
        """Return the node after this subtree, closing the blocks that end on the way."""
        while node.mem_id != root.mem_id:
            if (node.tag or "") in _BLOCKS:
                self._end_block()
            if node.mem_id == self._table:
                self._table = None
            if node.next is not None:
                return node.next
            if node.parent is None:
                return None
            node = node.parent
        return None

    def _heading(self, level: int, text: str) -> None:
        title = _SPACE.sub(" ", text).strip()
        if title:
            offset = self.builder.add(title)
            if len(self.structure) < MAX_STRUCTURE:
                self.structure.append({"level": level, "title": title, "offset": offset})

    def _end_block(self) -> None:
        if self._inline:
            self.builder.add(_SPACE.sub(" ", "".join(self._inline)).strip())
            self._inline.clear()


def _language(pre: LexborNode) -> str | None:
    """Return the language that a block of code is marked with, in the way of CommonMark and of highlighters."""
    code = pre.css_first("code[class]")
    for node in (code, pre):
        if node is not None and (found := _LANGUAGE.search(node.attributes.get("class") or "")):
            return found[1]
    return None


def _title(tree: LexborHTMLParser, structure: list[dict[str, Any]]) -> str | None:
    node = tree.css_first("head > title")
    title = _SPACE.sub(" ", node.text(deep=True)).strip() if node is not None else ""
    return title or next((entry["title"] for entry in structure if entry["level"] == 1), None)


def _links(root: LexborNode | None, base_url: str | None, limits: Limits) -> list[dict[str, str]]:
    links: dict[str, dict[str, str]] = {}
    for node in root.css("a[href]") if root is not None else []:
        limits.check()
        href = (node.attributes.get("href") or "").strip()
        if not href or href.startswith("#") or href.lower().startswith(("javascript:", "data:")):
            continue
        try:
            url = urljoin(base_url, href) if base_url else href
        except ValueError:
            continue
        links.setdefault(url, {"url": url, "text": _SPACE.sub(" ", node.text(deep=True)).strip()[:500]})
        if len(links) >= MAX_LINKS:
            break
    return list(links.values())


def _metadata(tree: LexborHTMLParser) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    for node in tree.css("meta[content]"):
        name = (node.attributes.get("name") or node.attributes.get("property") or "").lower()
        if name in _META and (content := (node.attributes.get("content") or "").strip()):
            metadata.setdefault(_META[name], content[:2000])
    html = tree.css_first("html")
    if html is not None and (language := html.attributes.get("lang")):
        metadata["language"] = language
    canonical = tree.css_first("link[rel=canonical][href]")
    if canonical is not None and (href := canonical.attributes.get("href")):
        metadata["canonical"] = href
    return metadata
