"""PDFs of one page, one stream of which unpacks to far more than it is."""

import io
import zlib

from reportlab.lib import pdfencrypt
from reportlab.pdfgen import canvas

PLAIN = zlib.compress(b"BT /F1 12 Tf 72 700 Td (A loom.) Tj ET")


def bomb(where: str, megabytes: int) -> bytes:
    """Return a PDF whose `font`, `content`, `cmap` or `picture` unpacks to so many megabytes of zeros."""
    packer = zlib.compressobj(9)
    zeros = b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()
    streams = {"content": PLAIN, "font": zlib.compress(b""), "cmap": zlib.compress(b""), "picture": zlib.compress(b"")}
    streams[where] = zeros
    picture = b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"
    resources = b"<< /Font << /F1 5 0 R >> /XObject << /I 9 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources " + resources + b" >>",
        _stream(streams["content"]),
        b"<< /Type /Font /Subtype /TrueType /BaseFont /B /FontDescriptor 6 0 R /Encoding /WinAnsiEncoding "
        b"/ToUnicode 8 0 R >>",
        b"<< /Type /FontDescriptor /FontName /B /Flags 32 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 "
        b"/Descent -200 /CapHeight 700 /StemV 80 /FontFile2 7 0 R >>",
        _stream(streams["font"]),
        _stream(streams["cmap"]),
        _stream(streams["picture"], picture),
    ]
    return _file(objects)


def without_pages() -> bytes:
    """Return a PDF that has none."""
    return bomb("picture", 1).replace(b"/Kids [3 0 R] /Count 1", b"/Kids [     ] /Count 0")


def lzw_bomb(megabytes: int) -> bytes:
    """Return a PDF whose font is packed by LZW, and unpacks to about so many megabytes of zeros."""
    packed = lzw_of_zeros(megabytes << 20)
    honest = bomb("picture", 1)
    font = _stream(zlib.compress(b""))
    return honest.replace(font, _stream(packed).replace(b"/FlateDecode", b"/LZWDecode"), 1)


def encrypted(megabytes: int, *, password: str = "") -> bytes:
    """Return a PDF that nobody may change, and anybody can open who knows the password, with blanks on its page."""
    file = io.BytesIO()
    encryption = pdfencrypt.StandardEncryption(password, ownerPassword="owner")
    drawing = canvas.Canvas(file, pageCompression=1, encrypt=encryption)
    drawing.drawString(72, 700, "A loom.")
    drawing._code.append(" " * (megabytes << 20))
    drawing.save()
    return file.getvalue()


def lzw_of_zeros(size: int) -> bytes:
    """Return at least so many zeros as LZW of PDF has them: each code stands for one zero more than the one before."""
    codes: list[str] = []
    written, width = 0, 9
    while written < size:
        codes += [f"{256:0{width}b}", f"{0:09b}"]
        for entry in range(258, 4094):
            width = 9 + (entry >= 511) + (entry >= 1023) + (entry >= 2047)
            codes.append(f"{entry:0{width}b}")
        written += 3_836 * 3_838 // 2
    text = "".join([*codes, f"{257:0{width}b}"])
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _stream(data: bytes, facts: bytes = b"") -> bytes:
    return b"<< %s /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (facts, len(data), data)


def _file(objects: list[bytes]) -> bytes:
    pdf, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(pdf))
    return pdf + head + table + tail
