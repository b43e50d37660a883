"""Questions: embedded by the model of the documents, paged by cursors, answered by words where that is impossible."""

from typing import Any

import pytest

from heddle.application.models.answer import EmbeddingsAnswer
from heddle.application.models.caller import Caller
from heddle.application.ports.models import EmbeddingRequest
from heddle.domain.documents.search import Filters
from heddle.errors import InvalidInput, NodeError
from tests.support.ingesting import Library


@pytest.fixture
def library() -> Library:
    made = Library()
    for number in range(5):
        made.add(f"Loom number {number} weaves linen.", tags=(f"t{number}",))
    made.ingest()
    return made


def test_pages_follow_each_other(library: Library) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = library.searching(library.caller(), "linen loom", limit=2, cursor=cursor)
        seen += [hit.text for hit in page.found.hits]
        cursor = page.cursor
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    "other",
    [{"text": "wool"}, {"mode": "words"}, {"filters": Filters(tags=("t1",))}, {"tenant": "stranger"}, {"cursor": "x"}],
)
def test_a_cursor_belongs_to_its_question(library: Library, other: dict[str, Any]) -> None:
    cursor = library.searching(library.caller(), "linen", limit=2).cursor
    asked = {"text": "linen", "cursor": cursor, "tenant": "acme"} | other

    with pytest.raises(InvalidInput) as caught:
        library.searching(library.caller(asked.pop("tenant")), asked.pop("text"), limit=2, **asked)

    assert caught.value.code == "invalid_cursor"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0"])
def test_nothing_to_search_for_is_said(library: Library, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        library.searching(library.caller(), text)

    assert caught.value.code == "search_query_empty"
    assert caught.value.details["errors"][0]["field"] == "query"


@pytest.mark.parametrize("text", ["'; drop table documents; --", "1=1", "& | !", '"', "(((", ":*", "a <-> b"])
def test_sql_and_operators_are_words_like_others(library: Library, text: str) -> None:
    library.searching(library.caller(), text)

    assert len(library.found("linen")) == 5


def test_where_the_question_cannot_be_embedded_words_must_do(library: Library) -> None:
    library.embed = _no_budget

    searched = library.searching(library.caller(), "linen")

    assert len(searched.found.hits) == 5
    assert [warning["code"] for warning in searched.warnings] == ["budget_exceeded"]
    with pytest.raises(NodeError):
        library.searching(library.caller(), "linen", mode="meaning")


def test_another_tenant_finds_nothing(library: Library) -> None:
    assert library.found("linen", tenant="stranger") == []


def _no_budget(caller: Caller, model: str | None, request: EmbeddingRequest) -> EmbeddingsAnswer:
    raise NodeError("spent", code="budget_exceeded")
