"""What every store of documents promises of documents and their versions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from heddle.application.ports.documents import DocumentStore
from heddle.domain.documents.search import Filters, Search
from heddle.errors import InvalidInput, NotFound
from tests.contract.documents import MODEL, NOW, add, content, document, ingest, version


def found(store: DocumentStore, tenant: str, text: str, **fields: object) -> list[str]:
    return [hit.document.id for hit in store.search(tenant, Search(text, **fields)).hits]  # type: ignore[arg-type]


def test_a_document_is_kept_with_its_first_version(documents: DocumentStore, tenant: str) -> None:
    kept = add(documents, tenant, "d1", tags=("a", "b"), filename="a.txt", metadata={"team": "x"})

    assert kept.new
    assert documents.document(tenant, "d1") == kept.document
    assert documents.version(tenant, "d1", 1) == kept.version
    assert kept.document.status == "pending"
    assert documents.version(tenant, "d1", 2) is None


def test_the_same_bytes_are_one_document(documents: DocumentStore, tenant: str, stranger: str) -> None:
    first = add(documents, tenant, "d1", hash="same")

    again = documents.add(document(tenant, "d2", hash="same"), version(tenant, "d2", hash="same"))
    elsewhere = add(documents, stranger, "d3", hash="same")

    assert (again.document, again.new) == (first.document, False)
    assert documents.document(tenant, "d2") is None
    assert elsewhere.new


def test_bytes_that_could_not_be_read_may_come_again(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant, "d1", hash="same")
    documents.make_failed(tenant, "d1", 1, code="document_corrupt", message="no PDF", at=NOW)

    again = documents.add(document(tenant, "d2", hash="same"), version(tenant, "d2", hash="same"))

    assert again.new


def test_a_failed_document_says_why(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant)

    row = documents.make_failed(tenant, "d1", 1, code="document_corrupt", message="no PDF", at=NOW)

    kept = documents.version(tenant, "d1", 1)
    assert row.status == "failed"
    assert kept is not None
    assert (kept.status, kept.error) == ("failed", {"code": "document_corrupt", "message": "no PDF"})


def test_a_ready_document_has_what_ingesting_found(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant, title="")
    made = content("one two", "three", title="Found", language="en", quality=0.5, metadata={"author": "Ada"})

    row = documents.make_ready(tenant, "d1", 1, made, at=NOW + timedelta(minutes=1))

    kept = documents.version(tenant, "d1", 1)
    assert row == documents.document(tenant, "d1")
    assert (row.status, row.ready_version, row.title, row.chunks) == ("ready", 1, "Found", 2)
    assert (row.language, row.quality, row.metadata) == ("en", 0.5, {"author": "Ada"})
    assert kept is not None
    assert (kept.status, kept.facts) == ("ready", {"words": 3})


def test_a_title_that_was_given_stays(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant, title="Given")

    assert documents.make_ready(tenant, "d1", 1, content("x", title="Found"), at=NOW).title == "Given"


def test_making_ready_twice_changes_nothing_more(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant)
    first = documents.make_ready(tenant, "d1", 1, content("loom"), at=NOW)

    again = documents.make_ready(tenant, "d1", 1, content("other"), at=NOW + timedelta(hours=1))

    assert again == first
    assert found(documents, tenant, "loom") == ["d1"]


def test_other_bytes_are_another_version_and_the_one_before_is_searched_until_it_is_ready(
    documents: DocumentStore, tenant: str
) -> None:
    ingest(documents, tenant, "d1", "linen")

    kept = documents.add_version(version(tenant, "d1", hash="new"), at=NOW + timedelta(minutes=5), by="user:eve")

    assert (kept.new, kept.version.version, kept.document.version, kept.document.ready_version) == (True, 2, 2, 1)
    assert (kept.document.status, kept.document.updated_by) == ("ready", "user:eve")
    assert found(documents, tenant, "linen") == ["d1"]

    documents.make_ready(tenant, "d1", 2, content("wool"), at=NOW)

    assert (found(documents, tenant, "linen"), found(documents, tenant, "wool")) == ([], ["d1"])
    assert [each.version for each in documents.versions(tenant, "d1", limit=10).items] == [2, 1]


def test_the_same_bytes_are_no_new_version(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant, hash="same")

    kept = documents.add_version(version(tenant, "d1", hash="same"), at=NOW, by="user:eve")

    assert (kept.new, kept.version.version) == (False, 1)


def test_a_failed_version_leaves_the_one_before(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "d1", "linen")
    documents.add_version(version(tenant, "d1", hash="new"), at=NOW, by="user:eve")

    row = documents.make_failed(tenant, "d1", 2, code="document_corrupt", message="no", at=NOW)

    assert (row.status, row.ready_version, row.version) == ("ready", 1, 2)
    assert found(documents, tenant, "linen") == ["d1"]


def test_a_version_that_was_overtaken_does_not_come_back(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant)
    documents.add_version(version(tenant, "d1", hash="new"), at=NOW, by="user:eve")
    documents.make_ready(tenant, "d1", 2, content("wool"), at=NOW)

    row = documents.make_ready(tenant, "d1", 1, content("linen"), at=NOW)

    assert row.ready_version == 2
    assert found(documents, tenant, "linen") == []


def test_a_failure_that_comes_late_changes_nothing(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "d1", "linen")

    row = documents.make_failed(tenant, "d1", 1, code="late", message="", at=NOW)

    kept = documents.version(tenant, "d1", 1)
    assert row.status == "ready"
    assert kept is not None
    assert kept.status == "ready"


def test_title_and_tags_can_be_changed(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant, tags=("a",))

    row = documents.describe(tenant, "d1", title="New", tags=None, at=NOW + timedelta(days=1), by="user:eve")
    again = documents.describe(tenant, "d1", title=None, tags=(), at=NOW + timedelta(days=2), by="user:eve")

    assert (row.title, row.tags, row.updated_by) == ("New", ("a",), "user:eve")
    assert (again.title, again.tags) == ("New", ())
    assert documents.document(tenant, "d1") == again


def test_what_is_deleted_is_gone_from_everywhere(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "d1", "linen", vectors=[(1, 0, 0)])

    documents.begin_delete(tenant, "d1", at=NOW, by="user:eve")

    assert documents.document(tenant, "d1") is None
    assert documents.documents(tenant, limit=10).items == ()
    assert found(documents, tenant, "linen", model=MODEL, vector=(1.0, 0.0, 0.0)) == []
    with pytest.raises(NotFound):
        documents.make_ready(tenant, "d1", 1, content("linen"), at=NOW)

    documents.begin_delete(tenant, "d1", at=NOW, by="user:eve")  # a deletion that broke off is begun again
    documents.finish_delete(tenant, "d1")
    documents.finish_delete(tenant, "d1")

    assert documents.version(tenant, "d1", 1) is None
    assert add(documents, tenant, "d1").new


def test_finishing_a_deletion_that_was_not_begun_deletes_nothing(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant)

    documents.finish_delete(tenant, "d1")

    assert documents.document(tenant, "d1") is not None


@pytest.mark.parametrize(
    "do",
    [
        lambda store, tenant: store.add_version(version(tenant, "no"), at=NOW, by="x"),
        lambda store, tenant: store.make_ready(tenant, "no", 1, content("x"), at=NOW),
        lambda store, tenant: store.make_failed(tenant, "no", 1, code="x", message="", at=NOW),
        lambda store, tenant: store.describe(tenant, "no", title="x", tags=None, at=NOW, by="x"),
        lambda store, tenant: store.begin_delete(tenant, "no", at=NOW, by="x"),
    ],
)
def test_what_never_was_is_not_found(
    documents: DocumentStore, tenant: str, do: Callable[[DocumentStore, str], object]
) -> None:
    with pytest.raises(NotFound) as caught:
        do(documents, tenant)

    assert caught.value.code == "document_not_found"


def test_documents_are_listed_newest_change_first_page_by_page(documents: DocumentStore, tenant: str) -> None:
    for minute, name in enumerate("abcde"):
        add(documents, tenant, name, minute=minute)

    seen: list[str] = []
    cursor = None
    while True:
        page = documents.documents(tenant, limit=2, cursor=cursor)
        seen += [row.id for row in page.items]
        cursor = page.cursor
        if cursor is None:
            break

    assert seen == ["e", "d", "c", "b", "a"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["c", "b", "a"]),
        (Filters(tags=("red",)), ["b", "a"]),
        (Filters(tags=("red", "big")), ["b"]),
        (Filters(languages=("de", "fr")), ["b"]),
        (Filters(media_types=("text/html",)), ["c"]),
        (Filters(documents=("a", "c")), ["c", "a"]),
        (Filters(min_quality=0.5), ["c", "b"]),
        (Filters(since=NOW + timedelta(minutes=1)), ["c", "b"]),
        (Filters(until=NOW + timedelta(minutes=1)), ["a"]),
    ],
)
def test_lists_and_searches_take_the_same_filters(
    documents: DocumentStore, tenant: str, filters: Filters, expected: list[str]
) -> None:
    ingest(documents, tenant, "a", "cloth", tags=("red",), quality=0.2)
    ingest(documents, tenant, "b", "cloth", tags=("red", "big"), quality=0.5, language="de", minute=1)
    ingest(documents, tenant, "c", "cloth", tags=("big",), quality=0.9, media_type="text/html", minute=2)

    assert [row.id for row in documents.documents(tenant, limit=10, filters=filters).items] == expected
    assert found(documents, tenant, "cloth", filters=filters) == sorted(expected)


def test_another_tenant_sees_and_changes_nothing(documents: DocumentStore, tenant: str, stranger: str) -> None:
    ingest(documents, tenant, "d1", "linen", vectors=[(1, 0, 0)])

    assert documents.document(stranger, "d1") is None
    assert documents.version(stranger, "d1", 1) is None
    assert documents.documents(stranger, limit=10).items == ()
    assert documents.versions(stranger, "d1", limit=10).items == ()
    assert found(documents, stranger, "linen", model=MODEL, vector=(1.0, 0.0, 0.0)) == []
    assert documents.embedding_model(stranger) is None
    assert documents.without_vector(stranger, "other", limit=10) == []
    documents.finish_delete(stranger, "d1")
    with pytest.raises(NotFound):
        documents.begin_delete(stranger, "d1", at=NOW, by="user:eve")
    assert found(documents, tenant, "linen") == ["d1"]


def test_two_tenants_may_have_documents_of_the_same_id(documents: DocumentStore, tenant: str, stranger: str) -> None:
    ingest(documents, tenant, "d1", "linen")
    ingest(documents, stranger, "d1", "wool")

    assert (found(documents, tenant, "linen"), found(documents, tenant, "wool")) == (["d1"], [])


def test_cursors_of_another_tenant_or_list_are_refused(documents: DocumentStore, tenant: str, stranger: str) -> None:
    add(documents, tenant, "a")
    add(documents, tenant, "b", minute=1)
    cursor = documents.documents(tenant, limit=1).cursor

    for attempt in (
        lambda: documents.documents(stranger, limit=1, cursor=cursor),
        lambda: documents.versions(tenant, "a", limit=1, cursor=cursor),
        lambda: documents.documents(tenant, limit=1, cursor="nonsense"),
    ):
        with pytest.raises(InvalidInput):
            attempt()


def test_versions_are_listed_page_by_page(documents: DocumentStore, tenant: str) -> None:
    add(documents, tenant)
    for number in range(2, 6):
        documents.add_version(version(tenant, "d1", hash=f"h{number}"), at=NOW, by="user:ada")

    first = documents.versions(tenant, "d1", limit=3)
    second = documents.versions(tenant, "d1", limit=3, cursor=first.cursor)

    assert [each.version for each in first.items + second.items] == [5, 4, 3, 2, 1]
    assert second.cursor is None


def test_chunks_without_a_vector_get_one_of_another_model_and_then_it_is_searched_by(
    documents: DocumentStore, tenant: str
) -> None:
    ingest(documents, tenant, "a", "one", "two", vectors=[(1, 0, 0), (0, 1, 0)])
    assert documents.embedding_model(tenant) is not None

    documents.change_model(tenant, "new/model", state={"done": 0})
    missing = documents.without_vector(tenant, "new/model", limit=1)
    written = documents.add_vectors(tenant, "new/model", missing, [(0.0, 1.0)])

    assert [(each.document_id, each.position, each.text) for each in missing] == [("a", 0, "one")]
    assert written == 1
    assert not documents.use_model(tenant, "new/model", 2, at=NOW)

    rest = documents.without_vector(tenant, "new/model", limit=10)
    documents.add_vectors(tenant, "new/model", rest, [(1.0, 0.0)])

    assert documents.use_model(tenant, "new/model", 2, at=NOW)
    model = documents.embedding_model(tenant)
    assert model is not None
    assert (model.model, model.dimensions, model.next_model) == ("new/model", 2, None)
    near = documents.search(tenant, Search("", model="new/model", vector=(1.0, 0.1)))
    assert [hit.position for hit in near.hits] == [1, 0]
    assert documents.search(tenant, Search("", model=MODEL, vector=(1.0, 0.0, 0.0))).hits == ()


def test_a_vector_of_a_chunk_that_was_replaced_meanwhile_is_not_kept(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "a", "one", vectors=[(1, 0, 0)])
    stale = [replace(each, version=7) for each in documents.without_vector(tenant, "new/model", limit=1)]

    assert documents.add_vectors(tenant, "new/model", stale, [(1.0, 0.0)]) == 0
    assert len(documents.without_vector(tenant, "new/model", limit=1)) == 1


def test_without_any_document_there_is_no_model_to_change(documents: DocumentStore, tenant: str) -> None:
    with pytest.raises(NotFound):
        documents.change_model(tenant, "new/model", state=None)
    with pytest.raises(NotFound):
        documents.use_model(tenant, "new/model", 2, at=NOW)


def test_reading_a_version_again_replaces_what_is_searched(documents: DocumentStore, tenant: str) -> None:
    ingest(documents, tenant, "d1", "linen", vectors=[(1, 0, 0)])

    documents.make_ready(tenant, "d1", 1, content("wool", "silk", vectors=[(1, 0, 0), (0, 1, 0)]), at=NOW, again=True)

    assert (found(documents, tenant, "linen"), found(documents, tenant, "silk")) == ([], ["d1"])
