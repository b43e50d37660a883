"""Texts are cut where they part anyway, into pieces of the text as it is, never over so many tokens."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.documents.chunking import chunks_of, tokens_of

WORDS = st.text(alphabet="ab \n.!?。織é\t", max_size=400)


def test_neighbouring_paragraphs_are_put_together_while_they_fit() -> None:
    text = "One two.\n\nThree four.\n\n" + "word " * 30

    chunks = chunks_of(text, tokens=10)

    assert chunks[0].text == "One two.\n\nThree four."
    assert (chunks[0].start, chunks[0].end) == (0, 21)


def test_no_chunk_reaches_over_a_heading_and_each_knows_its_own() -> None:
    text = "Before.\n\nLooms\n\nA loom weaves.\n\nReeds\n\nA reed beats."
    headings = [{"offset": text.index("Looms"), "title": "Looms"}, {"offset": text.index("Reeds"), "title": "Reeds"}]

    chunks = chunks_of(text, headings=headings)

    assert [(chunk.heading, chunk.text) for chunk in chunks] == [
        ("", "Before."),
        ("Looms", "Looms\n\nA loom weaves."),
        ("Reeds", "Reeds\n\nA reed beats."),
    ]


def test_no_chunk_reaches_over_a_page() -> None:
    text = "a" * 40 + "\n\n" + "b" * 40

    chunks = chunks_of(text, page_starts=[0, 42])

    assert [chunk.page for chunk in chunks] == [1, 2]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = "The first sentence is here. The second one follows. The third one ends it."

    assert [chunk.text for chunk in chunks_of(text, tokens=8)] == [
        "The first sentence is here.",
        "The second one follows.",
        "The third one ends it.",
    ]


@pytest.mark.parametrize("text", ["", "   ", "\n\n\n", "\t \n"])
def test_nothing_gives_nothing(text: str) -> None:
    assert chunks_of(text) == []


@pytest.mark.parametrize("text", ["x" * 100_000, "織" * 20_000])
def test_what_has_no_words_is_cut_anywhere(text: str) -> None:
    chunks = chunks_of(text)

    assert "".join(chunk.text for chunk in chunks) == text
    assert max(chunk.tokens for chunk in chunks) <= 400


@given(text=WORDS, tokens=st.integers(1, 30), walls=st.lists(st.integers(0, 400), max_size=5))
def test_chunks_are_pieces_of_the_text_in_order_that_leave_nothing_out(
    text: str, tokens: int, walls: list[int]
) -> None:
    chunks = chunks_of(text, headings=[{"offset": wall, "title": "h"} for wall in walls], tokens=tokens)

    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in chunks)
    assert all(one.end <= other.start for one, other in pairwise(chunks))
    assert all(chunk.tokens == tokens_of(chunk.text) for chunk in chunks)
    assert all(chunk.tokens <= max(tokens, 1) or len(chunk.text) == 1 for chunk in chunks)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(text.split())
