"""Looking into a PDF's packed streams before PDFium does, which unpacks each as a whole and cannot be interrupted.

1.5 MB of packed zeros, called a font, a page or a table of characters, take 2.6 GB and many seconds otherwise.
"""

import re
import zlib
from typing import Literal

from heddle.adapters.nodes.documents.document import Limits, unsafe

MAX_STREAM = 64 * 1024 * 1024
MAX_ALL = 512 * 1024 * 1024
"""Bytes that one stream, and all together, may unpack to: a Chinese font has 30 MB, a thousand pages of text 50 MB."""
MAX_RATIO = 2_560
"""What a byte can unpack to at most: 1,032 by zlib; 4,096 codes of LZW, each of 12 bits, reach further."""
_STREAM = re.compile(rb"stream\r?\n")
_END = b"endstream"
_FILTER = re.compile(rb"/Filter\s*(\[[^\]]*\]|/[A-Za-z0-9]+|[^\s/]+)")
_NAME = re.compile(rb"/([A-Za-z0-9]+)")
_ESCAPED = re.compile(rb"#[0-9A-Fa-f]{2}")
_IMAGE = re.compile(rb"/Subtype\s*/Image(?![A-Za-z])")
_FLATE = frozenset({b"FlateDecode", b"Fl"})
_PACKED = _FLATE | {b"LZWDecode", b"LZW"}
# Codings of text and of pictures, by which nothing becomes much larger before PDFium draws it, which we do not ask.
_HARMLESS = frozenset(
    {b"ASCII85Decode", b"A85", b"ASCIIHexDecode", b"AHx", b"DCTDecode", b"DCT", b"JPXDecode", b"JBIG2Decode"}
    | {b"CCITTFaxDecode", b"CCF", b"Crypt"}
)
_DICTIONARY = 4_096
_PIECE = 1024 * 1024
Kind = Literal["flate", "unknown", "none"]


def refuse_bombs(data: bytes, limits: Limits) -> bool:
    """Raise NodeError document_unsafe for streams that unpack to more than any honest one does.

    Returns whether all of the rest is known to be harmless. If not, there are streams whose size nobody can tell
    beforehand (LZW, several codings, encryption, names that are written in disguise) and which may be large; or
    pictures that are, which PDFium does not unpack unless something else claims to be made of them.
    """
    total = unknown = 0
    known = True
    for match in _STREAM.finditer(data):
        if data.endswith(b"end", 0, match.start()):
            continue
        before = data[max(0, match.start() - _DICTIONARY) : match.start()].rpartition(b"obj")
        kind, picture = _kind(before[2]) if before[1] else "unknown", _IMAGE.search(before[2]) is not None
        if kind == "none":
            continue
        unpacked = _unpacked(data, match.end(), limits) if kind == "flate" else None
        if unpacked is None:
            end = data.find(_END, match.end())
            most = ((end if end >= 0 else len(data)) - match.end()) * MAX_RATIO
            unknown += most
            known &= most <= MAX_STREAM
        elif unpacked <= MAX_STREAM:
            total += 0 if picture else unpacked
        elif picture:
            known = False
        else:
            raise unsafe(f"it has a stream that unpacks to more than {MAX_STREAM >> 20} MB")
        if total > MAX_ALL:
            raise unsafe(f"its streams unpack to more than {MAX_ALL >> 20} MB")
    return known and total + unknown <= MAX_ALL


def _kind(dictionary: bytes) -> Kind:
    """Return how a stream is packed, as far as its dictionary tells. Raises NodeError document_unsafe if twice."""
    if _ESCAPED.search(dictionary):
        return "unknown"
    found = _FILTER.search(dictionary)
    if found is None:
        return "none"
    names = _NAME.findall(found[1])
    packed = [name for name in names if name in _PACKED]
    if len(packed) > 1:
        raise unsafe("it has a stream that is packed more than once")
    if names and len(names) == len(packed) and packed[0] in _FLATE:
        return "flate"
    return "none" if names and not packed and _HARMLESS.issuperset(names) else "unknown"


def _unpacked(data: bytes, start: int, limits: Limits) -> int | None:
    """Return to how many bytes the stream that begins here unpacks; more than MAX_STREAM ends it; None: no zlib."""
    unpacker = zlib.decompressobj()
    total, piece, at = 0, b"", start
    try:
        while not unpacker.eof and total <= MAX_STREAM:
            if not piece:
                piece, at = data[at : at + _PIECE], at + _PIECE
                if not piece:
                    break
            total += len(unpacker.decompress(piece, _PIECE))
            piece = unpacker.unconsumed_tail
            limits.check()
    except zlib.error:
        # Encrypted, or damaged: PDFium takes of the latter what came until then.
        return total or None
    return total
