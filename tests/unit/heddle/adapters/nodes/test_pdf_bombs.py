"""PDFs that unpack to far more than they are: weighed where that can be done, else read where they harm nobody."""

import time

import pytest

from heddle.adapters.nodes.documents import pdf_apart
from heddle.adapters.nodes.documents.document import Limits
from heddle.adapters.nodes.documents.pdf import parse_pdf
from heddle.adapters.nodes.documents.pdf_streams import refuse_bombs
from heddle.errors import NodeError
from tests.support.pdf_bombs import bomb, encrypted, lzw_bomb, without_pages

DISGUISES = {
    "an escaped name": (b"/FlateDecode", b"/Fl#61teDecode"),
    "a filter said elsewhere": (b"/Filter /FlateDecode", b"/Filter 99 0 R"),
    "a long dictionary": (b"/Filter /FlateDecode", b"/Filter /FlateDecode" + b" " * 5_000),
    "several codings": (b"/Filter /FlateDecode", b"/Filter [/ASCII85Decode /FlateDecode]"),
}


def limits(seconds: float = 60) -> Limits:
    return Limits(deadline=time.monotonic() + seconds)


@pytest.mark.parametrize("data", [bomb("font", 1), lzw_bomb(1), encrypted(0)])
def test_small_streams_of_any_kind_are_harmless_and_read_here(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_apart, "read_apart", lambda *_: pytest.fail("it was read apart"))

    assert "A loom." in parse_pdf(data, limits()).text


@pytest.mark.parametrize(
    "data", [bomb("picture", 100), lzw_bomb(100), encrypted(100)], ids=["picture", "LZW", "encrypted"]
)
def test_large_streams_that_cannot_be_weighed_are_read_apart(data: bytes) -> None:
    assert refuse_bombs(data, limits()) is False
    assert "A loom." in parse_pdf(data, limits()).text


@pytest.mark.parametrize("data", [lzw_bomb(400), encrypted(400)], ids=["LZW", "encrypted"])
def test_what_takes_more_memory_than_it_may_is_refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_apart, "MEMORY", 512 * 1024 * 1024)

    with pytest.raises(NodeError) as caught:
        parse_pdf(data, limits())

    assert caught.value.code == "document_unsafe"
    assert "512 MB" in caught.value.message


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_bomb_is_not_taken_for_harmless(disguise: str) -> None:
    plain, disguised = DISGUISES[disguise]

    assert refuse_bombs(bomb("content", 200).replace(plain, disguised), limits()) is False


def test_a_bomb_that_calls_itself_a_picture_is_read_apart() -> None:
    claim = bomb("content", 100).replace(b"/Filter /FlateDecode", b"/Subtype /Image /Filter /FlateDecode")

    assert refuse_bombs(claim, limits()) is False


def test_reading_apart_ends_when_its_time_is_over() -> None:
    with pytest.raises(NodeError) as caught:
        pdf_apart.read_apart(lzw_bomb(100), limits(0.05))

    assert caught.value.code == "document_timeout"


def test_what_is_wrong_with_a_document_is_told_from_there_too() -> None:
    with pytest.raises(NodeError) as caught:
        pdf_apart.read_apart(b"%PDF-1.7 nothing", limits())

    assert (caught.value.code, caught.value.details) == ("document_corrupt", {"format": "PDF"})


def test_a_pdf_without_pages_is_corrupt_whatever_was_read_before() -> None:
    for data, code in (
        (encrypted(0, password="secret"), "document_encrypted"),
        (without_pages(), "document_corrupt"),
    ):
        with pytest.raises(NodeError) as caught:
            parse_pdf(data, limits())

        assert caught.value.code == code
