"""What batches do with an item: analyse it, or make a document of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from heddle.adapters.content.read_content import read_content
from heddle.application.batches.analyze_item import AnalyzeItem
from heddle.application.batches.ingest_item import IngestItem
from heddle.application.content.analyze import AnalyzeContent
from heddle.application.content.analyze_bytes import AnalyzeBytes
from heddle.application.content.full_analysis import FullAnalysis
from heddle.application.models.caller import Caller
from heddle.application.ports.batches import Done, Waiting
from heddle.application.ports.fetching import Fetched
from heddle.domain.batches.batch import Batch, Item
from heddle.errors import NodeError, NotFound
from heddle.runtime.clock import now
from tests.support.ingesting import TENANT, Library

BATCH = Batch(TENANT, "batch_1", "ingest", now(), "user:ada", "c-1", parameters={"tags": ["craft"], "language": "en"})
PAGE = b"<title>Looms</title><p>A heddle holds the warp.</p>"


class Pages:
    """Answers with one page, and counts how often it was asked."""

    asked = 0

    def __call__(self, url: str, *, seconds: float, max_bytes: int, correlation_id: str) -> Fetched:
        self.asked += 1
        return Fetched(PAGE, "text/html; charset=utf-8", "https://acme.example/looms.html", url)


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def ingest(library: Library) -> IngestItem:
    return IngestItem(library.adding, library.store, library.originals.uploads, Pages())


def waited(ingest: IngestItem, item: Item, memo: Mapping[str, Any] | None = None) -> Waiting:
    outcome = ingest(BATCH, item, memo or {}, seconds=60)
    assert isinstance(outcome, Waiting)
    return outcome


def test_a_text_is_handed_in_and_looked_after_until_it_can_be_searched(library: Library, ingest: IngestItem) -> None:
    item = Item(1, "loom.md", content="# Looms\n\nA heddle holds the warp.", content_type="text/markdown")

    handed_in = waited(ingest, item)
    looked = waited(ingest, item, handed_in.memo)
    library.ingest()
    done = ingest(BATCH, item, looked.memo, seconds=60)

    assert (handed_in.seconds, looked.seconds) == (1, 2)
    assert isinstance(done, Done) and done.full is None
    assert (done.summary["title"], done.summary["chunks"], done.summary["new"]) == ("Looms", 1, True)
    document = library.store.document(TENANT, done.summary["document"])
    assert document is not None and (document.tags, document.created_by) == (("craft",), "user:ada")


def test_looks_become_rarer_and_never_rarer_than_every_fifteen_seconds(ingest: IngestItem) -> None:
    pauses, memo = [], waited(ingest, Item(1, content="Looms.")).memo
    for _ in range(6):
        looked = waited(ingest, Item(1, content="Looms."), memo)
        pauses.append(looked.seconds)
        memo = looked.memo

    assert pauses == [2, 4, 8, 15, 15, 15]


def test_what_cannot_be_read_is_the_items_reason(library: Library, ingest: IngestItem) -> None:
    memo = waited(ingest, Item(1, content="{", content_type="application/json")).memo
    library.ingest()

    with pytest.raises(NodeError) as caught:
        ingest(BATCH, Item(1, content="{"), memo, seconds=60)
    assert (caught.value.code, caught.value.retryable) == ("document_corrupt", False)


def test_a_document_that_somebody_deleted_meanwhile_is_the_items_reason(library: Library, ingest: IngestItem) -> None:
    memo = waited(ingest, Item(1, content="Looms.")).memo
    library.deleting(TENANT, str(memo["document"]), by="user:eve", correlation_id="c")

    with pytest.raises(NotFound) as caught:
        ingest(BATCH, Item(1, content="Looms."), memo, seconds=60)
    assert caught.value.code == "document_not_found"


def test_the_same_bytes_twice_are_one_document(library: Library, ingest: IngestItem) -> None:
    waited(ingest, Item(1, content="Looms."))
    library.ingest()

    again = ingest(BATCH, Item(2, content="Looms."), {}, seconds=60)

    assert isinstance(again, Done) and again.summary["new"] is False


def test_an_upload_stays_so_that_who_comes_after_a_death_finds_it(library: Library, ingest: IngestItem) -> None:
    uploads = library.originals.uploads
    uploads.receive(f"{TENANT}/uploads/archive/a.md", b"# Looms", media_type="text/markdown")
    item = Item(1, object=f"{TENANT}/uploads/archive/a.md")
    first = waited(ingest, item)
    library.ingest()

    again = ingest(BATCH, item, {}, seconds=60)

    assert isinstance(again, Done) and again.summary["document"] == first.memo["document"]


def test_an_address_is_fetched_and_its_copy_forgotten(library: Library, ingest: IngestItem) -> None:
    item = Item(3, url="https://acme.example/looms.html?key=1")
    memo = waited(ingest, item).memo
    library.ingest()
    ingest(BATCH, replace(item, position=4), {}, seconds=60)  # the same bytes: nothing is read

    document = library.store.document(TENANT, str(memo["document"]))
    assert document is not None
    assert (document.title, document.filename, document.media_type) == ("Looms", "looms.html", "text/html")
    assert library.originals.uploads.keys(f"{TENANT}/uploads/fetched/") == []


class Refusing:
    """A refinement that a budget does not allow."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __call__(self, caller: Caller, model: str, found: dict[str, Any], seconds: float) -> dict[str, Any]:
        warning = {"analysis": "refine", "code": self.code, "message": "not now"}
        return {**found, "warnings": [*found["warnings"], warning]}


def analyzing(library: Library, code: str = "") -> AnalyzeItem:
    analyze = AnalyzeContent(library.originals.uploads, AnalyzeBytes(read_content, lambda: 0.0))
    refine: Any = Refusing(code)
    joined: Any = None
    return AnalyzeItem(FullAnalysis(analyze, lambda: refine, lambda: joined), Pages(), library.new_id)


ASKED = replace(BATCH, operation="analyze", parameters={"wanted": ["language", "keywords"], "model": "default"})


def test_of_an_analysis_a_list_has_a_few_facts_and_the_file_all(library: Library) -> None:
    done = analyzing(library)(ASKED, Item(1, url="https://acme.example/looms.html"), {}, seconds=60)

    assert (done.summary["title"], done.summary["media_type"]) == ("Looms", "text/html")
    assert done.full is not None and done.full["keywords"] and done.full["summary"] is None


@pytest.mark.parametrize(
    ("code", "retryable"), [("budget_exceeded", False), ("ai_stopped", False), ("budgets_busy", True)]
)
def test_a_budget_that_does_not_allow_the_model_is_the_items_reason(
    library: Library, code: str, retryable: bool
) -> None:
    with pytest.raises(NodeError) as caught:
        analyzing(library, code)(ASKED, Item(1, content="Looms."), {}, seconds=60)

    assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_a_model_that_does_not_answer_is_a_warning_as_of_a_single_analysis(library: Library) -> None:
    done = analyzing(library, "llm_unavailable")(ASKED, Item(1, content="Looms."), {}, seconds=60)

    assert done.summary["warnings"] == 1
