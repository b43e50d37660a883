"""What stands in a document besides its text is found in each format that marks it, and where."""

import io
import time
from typing import Any

import pytest
from reportlab.pdfgen import canvas

from benchmarks.large_pdf import write_pdf
from heddle.adapters.content.read_content import read_content
from heddle.adapters.nodes.documents.document import Limits
from heddle.adapters.nodes.documents.html import parse_html
from heddle.adapters.nodes.documents.markdown import parse_markdown
from heddle.adapters.nodes.documents.media import MAX_MEDIA
from heddle.adapters.nodes.documents.pdf import parse_pdf

PAGE = """<html><body><h1>Looms</h1><p>Before.</p>
<img src="loom.png" alt="A loom"><img src="data:image/png;base64,AAAA" alt="Chart of sales">
<video title="Weaving"><source src="weaving.mp4"></video><audio src="clack.mp3"></audio>
<svg><title>How the parts hang together</title></svg><svg><path d="M0"/></svg>
<table><caption>Counts</caption><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
<pre><code class="language-python">weave()</code></pre><pre class="mermaid language-mermaid">a --> b</pre>
</body></html>"""
NOTES = """# Looms

![A diagram of the shed](shed.svg)

```python
weave()
```

```mermaid
a --> b
```

| a | b | c |
|---|---|---|
| 1 | 2 | 3 |
"""


def limits(seconds: float = 60) -> Limits:
    return Limits(deadline=time.monotonic() + seconds)


def short(entries: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("kind", "url", "text", "language", "rows", "columns", "page")
    return [tuple(entry[name] for name in names if entry[name] is not None) for entry in entries]


def test_a_page_says_what_it_shows() -> None:
    document = parse_html(PAGE.encode(), limits())

    assert short(document.media) == [
        ("image", "loom.png", "A loom"),
        ("chart", "Chart of sales"),
        ("video", "weaving.mp4", "Weaving"),
        ("audio", "clack.mp3"),
        ("diagram", "How the parts hang together"),
        ("table", "Counts", 2, 2),
        ("code", "python"),
        ("diagram", "mermaid"),
    ]
    code = next(entry for entry in document.media if entry["kind"] == "code")
    assert document.text[code["start"] :].startswith("weave()")


def test_markdown_says_what_it_shows() -> None:
    document = parse_markdown(NOTES.encode(), limits())

    assert short(document.media) == [
        ("diagram", "shed.svg", "A diagram of the shed"),
        ("code", "python"),
        ("diagram", "mermaid"),
        ("table", 2, 3),
    ]
    assert document.text[document.media[1]["start"] :].startswith("weave()")


def test_pictures_of_a_pdf_are_told_by_page(tmp_path: Any) -> None:
    write_pdf(tmp_path / "a.pdf", pages=3, photographs=2)

    document = parse_pdf((tmp_path / "a.pdf").read_bytes(), limits())

    assert short(document.media) == [("image", 1), ("image", 2)]
    assert [entry["start"] for entry in document.media] == document.page_starts[:2]


def test_a_page_with_very_many_lines_is_not_searched_whole() -> None:
    file = io.BytesIO()
    drawing = canvas.Canvas(file)
    for x in range(20_000):
        drawing.line(x % 500, 0, x % 500, 10)
    drawing.drawString(72, 720, "Lines.")
    drawing.save()

    assert parse_pdf(file.getvalue(), limits()).media == []


def test_no_more_are_kept_than_can_be_shown() -> None:
    assert len(parse_html(b"<img src=a>" * (MAX_MEDIA + 5), limits()).media) == MAX_MEDIA


@pytest.mark.parametrize("tag", ["table", "video", "svg"])
def test_nesting_does_not_make_it_slow(tag: str) -> None:
    page = f"<{tag}>" * 1_900 + "<tr><td>1</td></tr><p>text</p>" * 5_000
    begun = time.perf_counter()

    parse_html(page.encode(), limits())

    assert time.perf_counter() - begun < 20


def test_what_has_none_says_so() -> None:
    content = read_content(b'{"a": 1}', declared="application/json", filename="", seconds=5, max_chars=1_000)

    assert content.media == []
