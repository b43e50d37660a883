"""What every store of documents promises of a search."""

import pytest

from heddle.application.ports.documents import DocumentStore
from heddle.domain.documents.search import MARK, UNMARK, Search
from tests.contract.documents import MODEL, ingest


def found(store: DocumentStore, tenant: str, search: Search) -> list[tuple[str, int]]:
    return [(hit.document.id, hit.position) for hit in store.search(tenant, search).hits]


def test_a_chunk_is_found_by_its_words_with_where_it_stands(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "the weaver sells linen", "nothing here")

    (hit,) = documents.search(tenant, Search("linen")).hits

    assert (hit.document.id, hit.position, hit.text) == ("a", 0, "the weaver sells linen")
    assert (hit.start, hit.end, hit.ranks) == (0, 22, {"words": 1})
    assert f"sells {MARK}linen{UNMARK}" in hit.marked


def test_chunks_with_all_words_come_before_those_with_some(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "blue linen cloth", "linen cloth", "wool", "blue sky")

    assert found(documents, tenant, Search("blue linen cloth"))[0] == ("a", 0)
    assert set(found(documents, tenant, Search("blue linen cloth"))) == {("a", 0), ("a", 1), ("a", 3)}


def test_near_vectors_are_found_without_a_common_word(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "cat", "dog", "car", vectors=[(1, 0, 0), (0.9, 0.1, 0), (0, 0, 1)])

    near = documents.search(tenant, Search("feline", model=MODEL, vector=(1.0, 0.05, 0.0), limit=2))

    assert [hit.text for hit in near.hits] == ["cat", "dog"]
    assert (near.exact, near.more, near.reached) == (True, True, 3)
    assert near.hits[0].ranks == {"meaning": 1}


def test_what_both_find_comes_first(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "wool", "loom", "shuttle", vectors=[(1, 0, 0), (0.9, 0.1, 0), (0, 1, 0)])

    first, *_ = documents.search(tenant, Search("loom", model=MODEL, vector=(1.0, 0.0, 0.0))).hits

    assert first.text == "loom"
    assert set(first.ranks) == {"words", "meaning"}


def test_words_alone_and_meaning_alone(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "loom", "shuttle", vectors=[(0, 1, 0), (1, 0, 0)])
    vector = (1.0, 0.0, 0.0)

    assert found(documents, tenant, Search("loom")) == [("a", 0)]
    assert found(documents, tenant, Search("loom", model=MODEL, vector=vector, by_words=False)) == [("a", 1), ("a", 0)]


def test_vectors_of_another_model_do_not_count(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "loom", vectors=[(1, 0, 0)])

    assert found(documents, tenant, Search("x", model="other/model", vector=(1.0, 0.0, 0.0))) == []


def test_a_vector_of_zeros_finds_nothing(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "loom", vectors=[(1, 0, 0)])

    assert found(documents, tenant, Search("x", model=MODEL, vector=(0.0, 0.0, 0.0))) == []


@pytest.mark.parametrize(
    "text",
    ["", "   ", '"', "-", "' or 1=1; drop table heddle.chunks; --", "& | ! <-> :*", "((", "\\", "%", "a" * 5_000],
)
def test_odd_queries_find_nothing_and_break_nothing(documents: DocumentStore, tenant: str, text: str) -> None:
    ingest(documents, tenant, "a", "loom")

    assert found(documents, tenant, Search(text)) == []
    assert found(documents, tenant, Search("loom")) == [("a", 0)]


def test_operators_say_how_words_belong_together(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "red wool", "wool red", "red linen", "blue linen")

    assert found(documents, tenant, Search('"red wool"')) == [("a", 0)]
    assert set(found(documents, tenant, Search("red -wool"))) == {("a", 2)}
    assert set(found(documents, tenant, Search("wool or blue"))) == {("a", 0), ("a", 1), ("a", 3)}


def test_scripts_without_spaces_are_found_and_marked(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "京都の織物工場", "東京の工場", language="ja")

    (hit,) = documents.search(tenant, Search("織物")).hits

    assert hit.text == "京都の織物工場"


def test_pages_follow_each_other_without_gap_or_repetition(documents: DocumentStore, tenant: str) -> None:
    for number in range(7):
        ingest(documents, tenant, f"d{number}", "loom " * (number + 1), "loom", vectors=[(1, 0, number), (1, 1, 0)])
    search = Search("loom", model=MODEL, vector=(1.0, 0.0, 0.0))
    whole = documents.search(tenant, Search(search.text, search.model, search.vector, limit=100)).hits

    seen: list[tuple[str, int]] = []
    after = None
    while True:
        page = documents.search(tenant, Search(search.text, search.model, search.vector, limit=3, after=after))
        seen += [(hit.document.id, hit.position) for hit in page.hits]
        if not page.more:
            break
        after = (page.hits[-1].score, page.hits[-1].key)

    assert seen == [(hit.document.id, hit.position) for hit in whole]
    assert len(seen) == 14


def test_facets_count_documents(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "loom", "loom again", tags=("red", "big"))
    ingest(documents, tenant, "b", "loom", tags=("red",), media_type="text/html", language="de")
    ingest(documents, tenant, "c", "wool", tags=("red",))

    facets = documents.search(tenant, Search("loom", facets=True)).facets

    assert facets == {
        "media_type": {"text/plain": 1, "text/html": 1},
        "language": {"en": 1, "de": 1},
        "tags": {"red": 2, "big": 1},
    }
    assert documents.search(tenant, Search("loom")).facets == {}
