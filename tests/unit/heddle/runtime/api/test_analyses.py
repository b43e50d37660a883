"""POST /analyze: every format, and every kind of document that is bad."""

import base64
import io
import json
from typing import Any

import pytest
from reportlab.lib import pdfencrypt
from reportlab.pdfgen import canvas

from heddle.application.content.analyze import MAX_BYTES
from heddle.domain.content.analyses import NAMES
from heddle.testing.api import ApiStage, Caller
from tests.support.pdf_bombs import bomb, encrypted, lzw_bomb

PROSE = (
    "The loom is a machine that weaves cloth from yarn. Ada Lovelace wrote about the Jacquard loom in London. "
    "It is an excellent and reliable machine, and it is very old."
)
HTML = (
    f"<html><head><title>On looms</title></head><body><article><h1>Looms</h1><p>{PROSE}</p><h2>Parts</h2>"
    "<p>See <a href='https://x.example'>this</a>, <a href='mailto:a@x.example'>mail</a>, <a href='/reed.pdf'>file</a>."
    "</p></article></body></html>"
)
PYTHON = f'''"""{PROSE}"""
import sys

class Loom:
    # The warp is held by the heddles.
    def weave(self, yarn: str) -> str:
        return yarn + "# no comment"
'''


def pdf(pages: int = 1, **options: Any) -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, **options)
    page.setTitle("On looms")
    for _ in range(pages):
        page.drawString(72, 700, PROSE[:104])
        page.showPage()
    page.save()
    return buffer.getvalue()


def packed(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


def uploaded(stage: ApiStage, editor: Caller, data: bytes, media_type: str) -> str:
    key: str = editor.post("/uploads", {"filename": "a", "media_type": media_type}).json["object"]
    stage.ports.blobs.receive(key, data, media_type=media_type)
    return key


def analyse(editor: Caller, **body: Any) -> Any:
    answer = editor.post("/analyze", body)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ({"content": HTML}, "text/html"),
        ({"content": f"# Looms\n\n{PROSE}\n"}, "text/markdown"),
        ({"content": json.dumps({"title": "On looms", "body": PROSE})}, "application/json"),
        ({"content": f"<doc><title>On looms</title><p>{PROSE}</p></doc>"}, "application/xml"),
        ({"content": PROSE}, "text/plain"),
        ({"content": PYTHON}, "text/x-python"),
        ({"content": PYTHON, "content_type": "code"}, "text/x-python"),
        ({"content": PROSE, "filename": "loom.go"}, "text/x-go"),
        (packed(pdf()), "application/pdf"),
    ],
)
def test_the_type_is_found_out(editor: Caller, body: dict[str, Any], media_type: str) -> None:
    assert analyse(editor, **body)["media_type"] == media_type


@pytest.mark.parametrize(
    "body",
    [
        {"content": HTML},
        {"content": f"# Looms\n\n{PROSE}\n"},
        {"content": json.dumps({"title": "On looms", "body": PROSE})},
        {"content": f"<doc><title>On looms</title><p>{PROSE}</p></doc>"},
        {"content": PROSE},
        {"content": PYTHON},
        packed(pdf()),
    ],
)
def test_every_format_is_analysed(editor: Caller, body: dict[str, Any]) -> None:
    found = analyse(editor, **body)

    assert found["status"] == "completed" and found["method"] == "offline"
    assert found["language"]["code"] == "en"
    assert "Ada Lovelace" in [entity["name"] for entity in found["entities"]]
    assert {name for name in NAMES if found[name] is None} == set()
    assert set(found["timings_ms"]) == {"parse", *NAMES}
    for concept in found["concepts"]:
        for mention in concept["mentions"]:
            assert concept["name"].lower() == " ".join(found["text"][mention["start"] : mention["end"]].split()).lower()


def test_html_has_sections_contents_and_kinds_of_links(editor: Caller) -> None:
    found = analyse(editor, content=HTML)

    assert found["title"] == "On looms"
    assert [(one["number"], one["title"]) for one in found["structure"]["contents"]] == [
        ("1", "Looms"),
        ("1.1", "Parts"),
    ]
    assert [link["kind"] for link in found["links"]] == ["external", "email", "file"]


def test_a_program_is_read_by_what_it_defines_and_analysed_by_its_comments(editor: Caller) -> None:
    found = analyse(editor, content=PYTHON, filename="loom.py")

    outline = [(one["level"], one["kind"], one["title"]) for one in found["structure"]["outline"]]
    assert outline == [(1, "class", "Loom"), (2, "function", "weave")]
    assert found["metadata"]["programming_language"] == "python"
    assert found["text"] == PYTHON
    assert "heddles" in json.dumps(found["keywords"])
    assert "no comment" not in json.dumps(found["keywords"])
    assert "self" not in [keyword["keyword"] for keyword in found["keywords"]]


def test_an_upload_is_analysed_and_is_its_tenants_only(stage: ApiStage, editor: Caller, stranger: Caller) -> None:
    upload = editor.post("/uploads", {"filename": "looms.md", "media_type": "text/markdown"}).json
    stage.ports.blobs.receive(upload["object"], f"# Looms\n\n{PROSE}".encode(), media_type="text/markdown")

    assert analyse(editor, object=upload["object"])["title"] == "Looms"
    refused = stranger.post("/analyze", {"object": upload["object"]})
    assert (refused.status, refused.json["code"]) == (404, "upload_not_found")


def test_only_what_is_wanted_runs(editor: Caller) -> None:
    found = analyse(editor, content=PROSE, options={"extract_concepts": False, "generate_summary": False})

    assert found["concepts"] is None and found["summary"] is None
    assert "summary" not in found["timings_ms"]
    assert found["keywords"]


def test_a_viewer_may_not(viewer: Caller) -> None:
    assert viewer.post("/analyze", {"content": PROSE}).status == 403


BOMB = "<!DOCTYPE b [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY a{n} '&a{n - 1 if n else ''};&a{n - 1 if n else ''};'>" for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"content": "a", "base64": "YQ=="}, 400, "invalid_input"),
        ({"base64": "no!base64"}, 400, "invalid_input"),
        ({"content": PROSE, "content_type": "word"}, 400, "invalid_body"),
        ({"content": PROSE, "content_type": "video/mp4"}, 400, "document_unsupported"),
        ({"content": PROSE, "options": {"timeout_seconds": 0}}, 400, "invalid_body"),
        ({"content": PROSE, "options": {"extract_everything": True}}, 400, "invalid_body"),
        ({"content": ""}, 400, "document_empty"),
        ({"content": "\x00 \n"}, 400, "document_empty"),
        ({"content": "{", "content_type": "json"}, 400, "document_corrupt"),
        ({"content": PROSE, "content_type": "json"}, 400, "document_corrupt"),
        ({"content": "[" * 100_000, "content_type": "json"}, 400, "document_corrupt"),
        ({"content": PROSE, "content_type": "pdf"}, 400, "document_corrupt"),
        ({"content": "<a>" * 10_000, "content_type": "xml"}, 400, "document_unsafe"),
        ({"content": BOMB + "]><b>&a9;</b>"}, 400, "document_unsafe"),
        ({"content": "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>"}, 400, "document_unsafe"),
        ({"content": "<div>" * 200_000, "content_type": "html"}, 400, "document_unsafe"),
        (packed(pdf()[:500]), 400, "document_corrupt"),
        (packed(b"%PDF-1.7\n" + b"\x00\xff" * 500), 400, "document_corrupt"),
        (packed(pdf(encrypt=pdfencrypt.StandardEncryption("secret", ownerPassword="o"))), 400, "document_encrypted"),
        (
            packed(pdf().replace(b"/Count 1", b"/Count 0").replace(b"/Kids [ 3 0 R ]", b"/Kids [ ]")),
            400,
            "document_corrupt",
        ),
        (packed(b"\x89PNG\r\n\x1a\n\x00\x00\x00"), 400, "document_unsupported"),
        ({"object": "acme/uploads/none/a.pdf"}, 404, "upload_not_found"),
        ({"object": "rival/uploads/none/a.pdf"}, 404, "upload_not_found"),
        ({"object": "../../etc/passwd"}, 404, "upload_not_found"),
    ],
)
def test_each_bad_document_has_its_code(editor: Caller, body: dict[str, Any], status: int, code: str) -> None:
    answer = editor.post("/analyze", body)

    assert (answer.status, answer.json["code"]) == (status, code), answer.body


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 101 * 1024 * 1024])
def test_what_is_too_large_is_refused_before_it_is_loaded(
    stage: ApiStage, editor: Caller, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    key = uploaded(stage, editor, b"a" * size, "text/plain")
    monkeypatch.setattr(stage.ports.blobs, "get", lambda *_: pytest.fail("it was loaded"))

    answer = editor.post("/analyze", {"object": key})

    assert (answer.status, answer.json["code"]) == (413, "document_too_large")


def test_another_type_than_was_said_is_a_warning(editor: Caller) -> None:
    found = analyse(editor, **packed(pdf()), content_type="markdown")

    assert found["media_type"] == "application/pdf"
    assert [warning["code"] for warning in found["warnings"]] == ["content_type_differs"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xe9 of the town", "café of the town"),
        (b"good \xff\xfe\xfd bytes", "good ÿþý bytes"),
        ("über alles".encode("utf-16"), "über alles"),
        (b"a\x00b of the\x00 town", "ab of the town"),
        (b"Zeile eins\r\nZeile zwei", "Zeile eins\nZeile zwei"),
    ],
)
def test_bytes_of_any_encoding_become_text(editor: Caller, data: bytes, text: str) -> None:
    assert analyse(editor, **packed(data), content_type="text")["text"] == text


@pytest.mark.parametrize("where", ["font", "content", "cmap"])
def test_a_pdf_that_unpacks_without_end_is_refused_before_it_does(editor: Caller, where: str) -> None:
    answer = editor.post("/analyze", packed(bomb(where, 100)))

    assert (answer.status, answer.json["code"]) == (400, "document_unsafe")
    assert "64 MB" in answer.json["detail"]


def test_a_pdf_packed_twice_is_refused_and_one_with_a_large_picture_read(editor: Caller) -> None:
    twice = bomb("font", 1).replace(b"/Filter /FlateDecode", b"/Filter [/FlateDecode /FlateDecode]")

    assert editor.post("/analyze", packed(twice)).json["code"] == "document_unsafe"
    assert analyse(editor, **packed(bomb("picture", 100)))["pages"] == 1


@pytest.mark.parametrize("data", [lzw_bomb(1_500), encrypted(500)], ids=["LZW", "encrypted"])
def test_a_pdf_that_cannot_be_weighed_is_refused_when_it_takes_too_much(editor: Caller, data: bytes) -> None:
    answer = editor.post("/analyze", packed(data))

    assert (answer.status, answer.json["code"]) == (400, "document_unsafe")


def test_ten_megabytes_of_html_on_one_line_are_analysed_in_time(stage: ApiStage, editor: Caller) -> None:
    paragraph = f"<p>{PROSE} <a href='https://x.example/{'a' * 3000}'>on</a></p>"
    html = ("<html><body>" + paragraph * (MAX_BYTES // len(paragraph)))[:MAX_BYTES]
    answer = editor.post("/analyze", {"object": uploaded(stage, editor, html.encode(), "text/html")})

    assert answer.status == 200, answer.body
    assert answer.json["language"]["code"] == "en"
    assert [one["code"] for one in answer.json["warnings"]] == ["text_truncated"]
    assert len(answer.body) < 6_000_000


@pytest.mark.parametrize(
    "content",
    [
        "# " + "a" * 1_000_000,
        "".join(f"# Part {n} {'b' * 5000}\n\n[c](https://x.example/{n}/{'d' * 5000})\n\n" for n in range(900)),
        "---\ntitle: " + "e" * 1_000_000 + "\n---\nText.",
        "a b " * 1_000_000,
        "Ada Lovelace. " * 300_000,
        "织布" * 500_000,
    ],
)
def test_no_document_makes_an_answer_that_lambda_refuses(stage: ApiStage, editor: Caller, content: str) -> None:
    answer = editor.post("/analyze", {"object": uploaded(stage, editor, content.encode(), "text/markdown")})

    assert answer.status == 200, answer.body[:500]
    assert len(answer.body.encode()) < 6_000_000


def test_json_nested_deeply_is_read_or_refused_but_never_breaks(editor: Caller) -> None:
    for depth, status in ((200, 200), (1_000, 200), (5_000, 400)):
        content = '{"a":' * depth + '"the loom"' + "}" * depth

        assert editor.post("/analyze", {"content": content, "content_type": "json"}).status == status


@pytest.mark.parametrize(
    ("content", "language", "words", "sentences"),
    [
        ("النول آلة قديمة لنسج القماش. وهو من الخشب.", "ar", 8, 2),
        ("הנול הוא מכונה ישנה. הוא עשוי מעץ.", "he", 7, 2),
        ("织布机很重要。它很古老。", "zh", 10, 2),
        ("織機は糸から布を織る機械です。", "ja", 14, 1),
        ("베틀은 실로 천을 짜는 기계이다. 오래된 것이다.", "ko", 7, 2),
        ("करघा कपड़ा बुनने की मशीन है। यह पुरानी है।", "hi", 9, 2),
        ("Ткацкий станок ткёт ткань. Он очень старый.", "ru", 7, 2),
    ],
)
def test_words_and_languages_of_other_scripts_are_right(
    editor: Caller, content: str, language: str, words: int, sentences: int
) -> None:
    found = analyse(editor, content=content)

    counted = found["statistics"]
    assert (found["language"]["code"], counted["words"], counted["sentences"]) == (language, words, sentences)
    assert found["status"] == "completed"
    assert found["keywords"] and found["summary"]["text"]
    assert 0 < found["difficulty"]["reading_minutes"] < 0.2
