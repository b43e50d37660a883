"""The parse node: six formats, four kinds of source, and a code for each bad document."""

import base64
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.lib import pdfencrypt
from reportlab.pdfgen import canvas

from heddle.adapters.nodes.documents.document import MAX_BYTES
from heddle.adapters.nodes.documents.sources import DocumentSources
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.parse import ParseNode
from heddle.application.ports.blobs import BlobInfo
from heddle.domain.nodes.spec import NodeTask
from heddle.errors import NodeError, NotFound
from tests.support.pdf_bombs import bomb, without_pages
from tests.unit.heddle.adapters.nodes.local_server import LocalServer

HTML = """<!doctype html><html lang="en"><head><title>On looms</title><meta name="author" content="Ada"></head><body>
<nav>Home</nav><article><h1>Looms</h1><p>A loom <b>weaves</b> cloth&amp;more.</p><h2>Parts</h2>
<ul><li>heddle</li><li><a href="/reed">reed</a></li></ul><script>x()</script></article><footer>(c)</footer></body>"""
MARKDOWN = (
    "---\nauthor: Ada\n---\n# Looms\n\nA *loom* weaves [cloth](https://x.example).\n\n## Parts\n\n- heddle\n- reed\n"
)


class Blobs:
    """Objects of one tenant, in memory."""

    def __init__(self, **objects: tuple[str, bytes]) -> None:
        self.objects = objects

    def get(self, tenant: str, key: str) -> bytes:
        if tenant != "acme" or key not in self.objects:
            raise NotFound("no such object")
        return self.objects[key][1]

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        if tenant != "acme" or key not in self.objects:
            return None
        return BlobInfo(len(self.objects[key][1]), self.objects[key][0])


def parse(document: Any, blobs: Blobs | None = None, tenant: str = "acme", **config: Any) -> dict[str, Any]:
    task = NodeTask(tenant, "r", "n", 1, "parse", {"document": document, **config}, 60.0, "key", "corr")
    output: dict[str, Any] = ParseNode(DocumentSources(GuardedClient("127.0.0.1"), blobs or Blobs()))(task).output
    json.dumps(output)
    return output


def code_of(document: Any, **config: Any) -> str:
    with pytest.raises(NodeError) as caught:
        parse(document, **config)
    return caught.value.code


def packed(data: bytes, media_type: str | None = None) -> dict[str, str]:
    document = {"base64": base64.b64encode(data).decode()}
    return document | {"media_type": media_type} if media_type else document


def pdf(pages: int = 2, password: str | None = None) -> bytes:
    buffer = io.BytesIO()
    encrypt = pdfencrypt.StandardEncryption(password, ownerPassword="owner") if password is not None else None
    page = canvas.Canvas(buffer, encrypt=encrypt)
    page.setTitle("On looms")
    page.setAuthor("Ada")
    for number in range(pages):
        page.bookmarkPage(str(number))
        page.addOutlineEntry(f"Chapter {number + 1}", str(number), 0)
        page.drawString(72, 700, f"Chapter {number + 1}")
        page.drawString(72, 680, "A loom weaves threads into cloth, see https://x.example/loom for more.")
        page.showPage()
    page.save()
    return buffer.getvalue()


def test_html_gives_the_article_with_its_outline() -> None:
    output = parse({"text": HTML})

    assert output["text"] == "Looms\n\nA loom weaves cloth&more.\n\nParts\n\nheddle\n\nreed"
    assert (output["title"], output["media_type"]) == ("On looms", "text/html")
    assert output["structure"] == [
        {"level": 1, "title": "Looms", "offset": 0},
        {"level": 2, "title": "Parts", "offset": output["text"].index("Parts")},
    ]
    assert output["links"] == [{"url": "/reed", "text": "reed"}]
    assert output["metadata"]["author"] == "Ada"
    assert output["metadata"]["language"] == "en"
    assert "Home" in parse({"text": HTML.replace("nav", "div")}, main_content=False)["text"]


def test_markdown_gives_text_without_marks_and_its_front_matter() -> None:
    output = parse({"text": MARKDOWN})

    assert output["text"] == "Looms\n\nA loom weaves cloth.\n\nParts\n\nheddle\n\nreed"
    assert (output["title"], output["media_type"]) == ("Looms", "text/markdown")
    assert [entry["title"] for entry in output["structure"]] == ["Looms", "Parts"]
    assert output["links"] == [{"url": "https://x.example", "text": "cloth"}]
    assert output["metadata"]["author"] == "Ada"


def test_pdf_gives_pages_bookmarks_and_metadata() -> None:
    data = pdf()

    output = parse(packed(data))

    assert (output["title"], output["media_type"], output["pages"]) == ("On looms", "application/pdf", 2)
    assert "A loom weaves threads into cloth" in output["text"]
    assert [(entry["title"], entry["page"]) for entry in output["structure"]] == [("Chapter 1", 1), ("Chapter 2", 2)]
    assert output["metadata"]["author"] == "Ada"
    assert output["sha256"] == hashlib.sha256(data).hexdigest()
    assert {passage["page"] for passage in output["passages"]} == {1, 2}
    assert output["links"][0]["url"] == "https://x.example/loom"


def test_json_gives_its_texts_with_their_paths() -> None:
    output = parse({"text": '{"title": "Looms", "parts": [{"name": "heddle"}, {"name": "reed"}]}'})

    assert output["title"] == "Looms"
    assert "$.parts[1].name: reed" in output["text"]
    assert {"path": "$.parts[].name", "type": "string"} in output["structure"]


def test_prose_in_json_can_be_quoted_without_its_path() -> None:
    prose = "A loom is a machine that weaves threads into cloth."

    assert parse({"text": json.dumps({"n": 1, "about": prose})})["text"] == f"$.n: 1\n\n{prose}"


def test_lines_of_a_pdf_become_paragraphs_and_headings() -> None:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer)
    lines = [
        "The history of looms",
        "A loom holds the threads of the warp under tension, so that the weft can pass between",
        "them; every loom does this, whether it is a frame of sticks or a machine in a factory.",
        "What changed",
        "The flying shuttle made it quick, the punched card made it clever, and both were hated",
        "at first.",
    ]
    for number, line in enumerate(lines):
        page.drawString(72, 700 - 14 * number, line)
    page.save()

    paragraphs = parse(packed(buffer.getvalue()))["text"].split("\n\n")

    assert paragraphs == [lines[0], f"{lines[1]} {lines[2]}", lines[3], f"{lines[4]} {lines[5]}"]


def test_xml_keeps_sentences_whole_and_containers_apart() -> None:
    output = parse(
        {"text": "<?xml version='1.0'?><r><title>Looms</title><p>A <b>loom</b> weaves.</p><p>Cloth.</p></r>"}
    )

    assert output["text"] == "Looms\n\nA loom weaves.\n\nCloth."
    assert {"path": "/r/p", "count": 2} in output["structure"]
    assert output["title"] == "Looms"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße, 世界".encode(), "Grüße, 世界"),
        (b"\xef\xbb\xbf" + "Grüße".encode(), "Grüße"),
        ("Grüße an alle".encode("utf-16"), "Grüße an alle"),
        ("Grüße an alle".encode("utf-16-le"), "Grüße an alle"),
        ("Grüße".encode("cp1252"), "Grüße"),
    ],
)
def test_plain_text_is_read_in_whatever_encoding_it_is(data: bytes, text: str) -> None:
    assert parse(packed(data))["text"] == text


def test_passages_point_into_the_text_and_keep_to_their_headings() -> None:
    text = "\n\n".join(f"# Part {n}\n\n" + f"Sentence number {n} says something. " * 30 for n in range(4))

    output = parse({"text": text, "filename": "parts.md"}, passage_chars=300)

    assert [passage["index"] for passage in output["passages"]] == list(range(len(output["passages"])))
    for passage in output["passages"]:
        assert len(passage["text"]) <= 300
        assert output["text"][passage["offset"] :].startswith(passage["text"])
        assert passage["source"] == "parts.md"
    assert {passage["heading"] for passage in output["passages"]} == {f"Part {n}" for n in range(4)}


def test_an_uploaded_object_is_read_by_its_tenant_only() -> None:
    blobs = Blobs(**{"acme/uploads/1/loom.md": ("application/octet-stream", MARKDOWN.encode())})

    output = parse({"object": "acme/uploads/1/loom.md"}, blobs)

    assert (output["media_type"], output["source"]) == ("text/markdown", "loom.md")
    with pytest.raises(NodeError) as caught:
        parse({"object": "acme/uploads/1/loom.md"}, blobs, tenant="other")
    assert caught.value.code == "document_not_found"


def test_a_document_comes_from_a_url(server: LocalServer) -> None:
    server.documents["/looms.html"] = (
        "text/html; charset=iso-8859-1",
        "<p>Gr\xfc\xdfe</p><a href='x'>x</a>".encode("latin-1"),
    )
    server.documents["/looms.md"] = ("text/plain", MARKDOWN.encode())
    base = f"http://127.0.0.1:{server.port}"

    html, markdown = parse({"url": f"{base}/looms.html"}), parse({"url": f"{base}/looms.md"})

    assert html["text"].startswith("Grüße")
    assert html["links"][0]["url"] == f"{base}/x"
    assert html["source"] == f"{base}/looms.html"
    assert markdown["media_type"] == "text/markdown"
    assert code_of({"url": f"{base}/status/404"}) == "document_not_found"
    assert code_of({"url": f"{base}/status/500"}) == "http_status"
    assert code_of({"url": "http://169.254.169.254/latest"}) == "http_blocked_address"


BOMB = "<!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10 if n else '&a;' * 10}'>" for n in range(10)
)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"text": ""}, "document_empty"),
        ({"text": " \n\t"}, "document_empty"),
        ({"base64": ""}, "document_empty"),
        ({"text": "<html><body></body></html>"}, "document_empty"),
        ({"base64": "no!base64"}, "document_corrupt"),
        (packed(pdf()[:500]), "document_corrupt"),
        (packed(pdf()[:-900]), "document_corrupt"),
        (packed(b"%PDF-1.7\n" + b"\x00\xff" * 500), "document_corrupt"),
        (packed(pdf(password="secret")), "document_encrypted"),
        (packed(without_pages()), "document_corrupt"),
        (packed(bomb("font", 100)), "document_unsafe"),
        ({"text": "{", "media_type": "application/json"}, "document_corrupt"),
        ({"text": "[" * 100_000, "media_type": "application/json"}, "document_corrupt"),
        ({"text": "<a><b></a>", "media_type": "text/xml"}, "document_corrupt"),
        ({"text": "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>"}, "document_unsafe"),
        ({"text": "<!DOCTYPE r [<!ENTITY % x SYSTEM 'http://127.0.0.1/'>%x;]><r/>"}, "document_unsafe"),
        ({"text": BOMB + "]><b>&a9;</b>"}, "document_unsafe"),
        ({"text": "<a>" * 10_000, "media_type": "application/xml"}, "document_unsafe"),
        ({"text": "<div>" * 200_000, "media_type": "text/html"}, "document_unsafe"),
        ({"object": "acme/none"}, "document_not_found"),
        (packed(b"\x89PNG\r\n\x1a\n\x00\x00\x00"), "document_unsupported"),
        ({"text": "x", "media_type": "video/mp4"}, "document_unsupported"),
        ({"text": "x", "url": "http://x.example"}, "node_config_invalid"),
        ({}, "node_config_invalid"),
        ({"text": 5}, "node_config_invalid"),
        (None, "node_config_invalid"),
    ],
)
def test_each_bad_document_has_its_code(document: Any, code: str) -> None:
    assert code_of(document) == code


def test_a_document_over_the_limit_is_refused_before_it_is_read() -> None:
    class Huge(Blobs):
        def stat(self, tenant: str, key: str) -> BlobInfo | None:
            return BlobInfo(MAX_BYTES + 1, "text/plain")

    with pytest.raises(NodeError) as caught:
        parse({"object": "acme/huge"}, Huge())

    assert caught.value.code == "document_too_large"


@pytest.mark.parametrize(
    ("media_type", "make"),
    [
        ("text/html", lambda n: f"<p>Paragraph {n} of the long text about weaving.</p>"),
        ("text/markdown", lambda n: f"Paragraph *{n}* of the long text about weaving.\n\n"),
        ("text/plain", lambda n: f"Paragraph {n} of the long text about weaving.\n\n"),
    ],
)
def test_twenty_megabytes_are_read(media_type: str, make: Callable[[int], str]) -> None:
    text = "".join(map(make, range(20_000_000 // len(make(100_000)))))

    output = parse({"text": text, "media_type": media_type}, max_chars=1_000_000, passages=False)

    assert output["bytes"] > 19_000_000
    assert len(output["text"]) == 1_000_000
    assert output["truncated"]


def test_reading_ends_when_its_time_is_over() -> None:
    text = json.dumps([{"a": n} for n in range(200_000)])

    assert code_of({"text": text, "media_type": "application/json"}, timeout=0.05) == "document_timeout"


MEDIA_TYPES = ["text/html", "text/markdown", "application/json", "application/xml", "text/plain", "application/pdf", ""]
MARKUP = st.lists(
    st.sampled_from(["<a>", "</a>", "<p", ">", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "{", "}", "[", "]", '"', ":"])
    | st.sampled_from(
        ["# ", "*", "_", "`", "|", "\n", "- ", "<!DOCTYPE a", "<?xml?>", "\x00", "\ud800", "<svg>", "1e999"]
    )
    | st.text(max_size=5)
).map("".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MARKUP, st.sampled_from(MEDIA_TYPES))
def test_garbage_never_raises_anything_but_a_node_error(text: str, media_type: str) -> None:
    for document in ({"text": text}, packed(text.encode("utf-8", "surrogatepass"))):
        try:
            output = parse(document | ({"media_type": media_type} if media_type else {}))
        except NodeError as error:
            assert error.code.startswith("document_")
        else:
            output["text"].encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(MEDIA_TYPES))
def test_random_bytes_never_raise_anything_but_a_node_error(data: bytes, media_type: str) -> None:
    try:
        parse(packed(data, media_type or None))
    except NodeError as error:
        assert error.code.startswith("document_")
