"""Looking into a PDF's packed streams before PDFium does, which unpacks each as a whole and cannot be interrupted.

1.5 MB of packed zeros, called a font, a page or a table of characters, take 2.6 GB and many seconds otherwise.
"""

import re
import zlib

from heddle.adapters.nodes.documents.document import Limits, unsafe

MAX_STREAM = 64 * 1024 * 1024
MAX_ALL = 512 * 1024 * 1024
"""Bytes that one stream, and all together, may unpack to: a Chinese font has 30 MB, a thousand pages of text 50 MB."""
_STREAM = re.compile(rb"stream\r?\n")
_FLATE = re.compile(rb"/Fl(?:ateDecode)?(?![A-Za-z])")
_IMAGE = re.compile(rb"/Subtype\s*/Image(?![A-Za-z])")
_DICTIONARY = 4_096
_PIECE = 1024 * 1024


def refuse_bombs(data: bytes, limits: Limits) -> None:
    """Raise NodeError document_unsafe for streams that unpack to more than any honest one does.

    Pictures are passed over: they are never unpacked to read a text. So is what is no packed stream after all.
    """
    total = 0
    for match in _STREAM.finditer(data):
        if data.endswith(b"end", 0, match.start()):
            continue
        dictionary = data[max(0, match.start() - _DICTIONARY) : match.start()].rpartition(b"obj")[2]
        filters = len(_FLATE.findall(dictionary))
        if not filters or _IMAGE.search(dictionary):
            continue
        if filters > 1:
            raise unsafe("it has a stream that is packed more than once")
        total += _unpacked(data, match.end(), limits)
        if total > MAX_ALL:
            raise unsafe(f"its streams unpack to more than {MAX_ALL >> 20} MB")


def _unpacked(data: bytes, start: int, limits: Limits) -> int:
    """Return to how many bytes the stream that begins here unpacks, as far as it does."""
    unpacker = zlib.decompressobj()
    total, piece, at = 0, b"", start
    try:
        while not unpacker.eof:
            if not piece:
                piece, at = data[at : at + _PIECE], at + _PIECE
                if not piece:
                    break
            total += len(unpacker.decompress(piece, _PIECE))
            piece = unpacker.unconsumed_tail
            if total > MAX_STREAM:
                raise unsafe(f"it has a stream that unpacks to more than {MAX_STREAM >> 20} MB")
            limits.check()
    except zlib.error:
        pass  # PDFium takes what came until then, too
    return total
