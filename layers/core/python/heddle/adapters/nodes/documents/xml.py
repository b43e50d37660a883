"""XML, by lxml with everything dangerous switched off: no entities, no DTD, no network, no huge trees."""

import re
from io import BytesIO
from typing import Any

from lxml import etree

from heddle.adapters.nodes.documents.document import (
    MAX_LINKS,
    MAX_STRUCTURE,
    Document,
    Limits,
    corrupt,
    unsafe,
)

_SPACE = re.compile(r"\s+")
_TITLES = frozenset({"title", "name", "headline", "subject"})
_LINKS = ("href", "{http://www.w3.org/1999/xlink}href", "url", "src")
_MAX_DEPTH = 250


def parse_xml(data: bytes, limits: Limits) -> Document:
    """Read XML. A document type that defines entities is refused (`document_unsafe`): nothing honest needs them."""
    reader = _Reader(limits)
    try:
        for event, node in _events(data):
            if isinstance(node.tag, str):
                reader.start(node) if event == "start" else reader.end(node)
    except etree.XMLSyntaxError as error:
        raise _syntax(error) from None
    if not reader.outline:
        raise corrupt("XML")
    return Document(
        text=reader.text,
        title=reader.title,
        structure=[{"path": path, "count": count} for path, count in reader.outline.items()],
        links=list(reader.links.values()),
        metadata={"root": next(iter(reader.outline))[1:]},
    )


class _Reader:
    """Puts the text together from the leaves upwards.

    An element with text beside its children is a sentence with marked words, so it becomes one paragraph; one that
    holds only elements is a container, and its children become paragraphs of their own.
    """

    def __init__(self, limits: Limits) -> None:
        self.outline: dict[str, int] = {}
        self.links: dict[str, dict[str, str]] = {}
        self.title: str | None = None
        self.text = ""
        self._limits = limits
        self._path: list[str] = []
        self._texts: list[list[str]] = [[]]

    def start(self, node: Any) -> None:
        """Note the element; refuse what is nested too deep or brings entities."""
        self._path.append(str(etree.QName(node).localname))
        self._texts.append([])
        _check(node, len(self._path), self._limits)
        key = "/" + "/".join(self._path)
        if key in self.outline or len(self.outline) < MAX_STRUCTURE:
            self.outline[key] = self.outline.get(key, 0) + 1

    def end(self, node: Any) -> None:
        """Take the element's text, and free the memory of what is below it."""
        own = _flat(node.text)
        inner = self._texts.pop()
        tails = [_flat(child.tail) for child in node]
        if own or any(tails):
            elements = iter(inner)
            texts = [next(elements) if isinstance(child.tag, str) else "" for child in node]
            pieces = [own, *(piece for pair in zip(texts, tails, strict=True) for piece in pair)]
            text = " ".join(piece for piece in pieces if piece)
        else:
            text = "\n\n".join(piece for piece in inner if piece)
        if self.title is None and self._path[-1].lower() in _TITLES and own:
            self.title = text
        self._link(node, text)
        self._path.pop()
        self._texts[-1].append(text)
        self.text = text
        for child in list(node):
            node.remove(child)

    def _link(self, node: Any, text: str) -> None:
        for attribute in _LINKS:
            url = (node.get(attribute) or "").strip()
            if url and not url.startswith("#") and len(self.links) < MAX_LINKS:
                self.links.setdefault(url, {"url": url, "text": text[:500]})


def _flat(text: str | None) -> str:
    return _SPACE.sub(" ", text or "").strip()


def _events(data: bytes) -> Any:
    return etree.iterparse(
        BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _check(node: Any, depth: int, limits: Limits) -> None:
    limits.check()
    if depth > _MAX_DEPTH:
        raise unsafe(f"elements are nested deeper than {_MAX_DEPTH}")
    if depth == 1 and (dtd := node.getroottree().docinfo.internalDTD) is not None and any(dtd.iterentities()):
        raise unsafe("it defines entities")


def _syntax(error: etree.XMLSyntaxError) -> Exception:
    message = (error.msg or "").lower()
    if "entity" in message and ("loop" in message or "amplification" in message or "reference" in message):
        return unsafe("its entities grow without end")
    if "depth" in message or "huge" in message:
        return unsafe("it is nested or repeated without end")
    if "entity" in message:
        return unsafe("it uses entities")
    line, column = error.position if error.position else (0, 0)
    return corrupt("XML", f"line {line}, column {column}")
