"""Queries and texts as full-text search meets them; what cannot be stored; what pages show."""

import pytest

from heddle.domain.documents.highlight import as_html
from heddle.domain.documents.search import MARK, UNMARK
from heddle.domain.documents.text import storable, storable_json
from heddle.domain.documents.words import configuration, has_operators, has_words, mark_spaceless, searchable


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "english"), ("de-AT", "german"), ("zh", "simple"), ("", "simple"), ("EN", "english")],
)
def test_a_language_has_its_rules_or_none(language: str, expected: str) -> None:
    assert configuration(language) == expected


def test_runs_without_spaces_become_pairs() -> None:
    assert searchable("in 京都市 and 東").split() == ["in", "京都", "都市", "and", "東"]


@pytest.mark.parametrize("query", ['"red wool"', "red -wool", "red or blue", "or red", "-wool"])
def test_operators_are_seen(query: str) -> None:
    assert has_operators(query)


@pytest.mark.parametrize("query", ["red wool", "well-known", "order", "2 - 1", "for"])
def test_what_looks_alike_is_none(query: str) -> None:
    assert not has_operators(query)


@pytest.mark.parametrize(("query", "expected"), [("", False), (' - " ', False), ("a", True), ("織", True)])
def test_there_are_words_or_not(query: str, expected: bool) -> None:
    assert has_words(query) is expected


def test_pairs_are_marked_as_one_where_they_touch() -> None:
    assert mark_spaceless("京都の織物工場", "織物工場") == f"京都の{MARK}織物工場{UNMARK}"
    assert mark_spaceless("plain", "plain") == "plain"


def test_what_cannot_be_stored_is_replaced_one_by_one() -> None:
    assert storable(f"a\0b\ud800c{MARK}") == "a b\ufffdc "
    assert storable_json({"a\0": ["\0", 1, None, {"b": "\0"}]}) == {"a ": [" ", 1, None, {"b": " "}]}


def test_only_our_own_marks_are_html() -> None:
    marked = f"<script>{MARK}a & b{UNMARK}</script>"

    assert as_html(marked) == "&lt;script&gt;<mark>a &amp; b</mark>&lt;/script&gt;"
