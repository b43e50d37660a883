"""PDFs of one page, one stream of which unpacks to far more than it is."""

import zlib

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
