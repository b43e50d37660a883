"""A document from the moment it is handed in until it is found, and every way in which that can go wrong."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from heddle.application.documents.add_document import Draft
from heddle.application.models.answer import EmbeddingsAnswer
from heddle.application.models.caller import Caller
from heddle.application.ports.models import EmbeddingRequest
from heddle.domain.documents.document import MAX_DOCUMENT_BYTES
from heddle.errors import InvalidInput, NodeError, NotFound, PayloadTooLarge, UpstreamUnavailable
from heddle.testing.direct_models import DirectModels
from tests.support.ingesting import BY, TENANT, Library
from tests.support.pdf_bombs import bomb, encrypted, lzw_bomb, without_pages


@pytest.fixture
def library() -> Library:
    return Library()


def test_a_text_is_found_once_it_is_ingested(library: Library) -> None:
    kept = library.add("# Looms\n\nA heddle holds the warp.", media_type="text/markdown", tags=("craft",))
    assert library.found("heddle") == []

    (ended,) = library.ingest()

    document = library.store.document(TENANT, kept.document.id)
    assert ended == {"status": "ready", "version": 1}
    assert document is not None
    assert (document.title, document.status, document.media_type) == ("Looms", "ready", "text/markdown")
    assert library.found("what holds the warp") == ["Looms\n\nA heddle holds the warp."]


def test_the_bus_hears_of_it_once(library: Library) -> None:
    kept = library.add("A heddle holds the warp.")
    (job,) = library.ingests.started.values()
    library.ingest()
    library.originals.write(TENANT, f"{job.object}.parsed", b"")  # as if a delivery came again

    events = library.history(kept.document.id)

    assert [event.type for event in events] == ["DocumentIngested"]
    assert events[0].data["chunks"] == 1
    assert events[0].data["embedded_by"] == "extractive/hashed-1"
    assert events[0].metadata.principal == BY


def test_only_the_original_is_left_when_all_is_done(library: Library) -> None:
    upload = library.upload(b"A heddle holds the warp.", "a.txt", "text/plain")
    kept = library.add(upload=upload, filename="a.txt")

    library.ingest()

    assert list(library.originals.kept) == [kept.version.object]
    assert library.originals.uploads.stat(TENANT, upload) is None
    assert library.originals.read(TENANT, kept.version.object) == b"A heddle holds the warp."


def test_the_same_bytes_are_ingested_once(library: Library) -> None:
    first = library.add("The same.")
    library.ingest()

    again = library.add("The same.", title="Another title")

    assert (again.new, again.document.id) == (False, first.document.id)
    assert library.ingests.started == {}
    assert len(list(library.originals.kept)) == 1


def test_who_asks_again_starts_what_was_not_started(library: Library) -> None:
    library.add("The same.")
    library.ingests.started.clear()  # the function died between writing and starting

    library.add("The same.")

    assert len(library.ingests.started) == 1


def test_another_version_replaces_what_is_found(library: Library) -> None:
    kept = library.add("Linen from flax.")
    library.ingest()

    second = library.adding.version(TENANT, kept.document.id, Draft(text="Silk from worms."), by=BY, correlation_id="c")
    assert library.found("linen") == ["Linen from flax."]
    library.ingest()

    assert (second.new, second.version.version) == (True, 2)
    assert library.found("linen", mode="words") == []
    assert library.found("silk") == ["Silk from worms."]


def test_reading_again_keeps_the_version(library: Library) -> None:
    kept = library.add("Linen from flax.")
    library.ingest()

    library.adding.again(TENANT, kept.document.id, by=BY, correlation_id="c")
    (ended,) = library.ingest()

    assert ended == {"status": "ready", "version": 1}
    assert library.found("linen") == ["Linen from flax."]
    assert [event.type for event in library.history(kept.document.id)] == ["DocumentIngested", "DocumentIngested"]


@pytest.mark.parametrize(
    ("data", "media_type", "code"),
    [
        (b"%PDF-1.7 broken", "application/pdf", "document_corrupt"),
        (b"No PDF at all.", "application/pdf", "document_corrupt"),
        (without_pages(), "application/pdf", "document_corrupt"),
        (encrypted(0, password="secret"), "application/pdf", "document_encrypted"),
        (bomb("font", 100), "application/pdf", "document_unsafe"),
        (lzw_bomb(1_500), "application/pdf", "document_unsafe"),
        (b"moving pictures", "video/mp4", "document_unsupported"),
        (b"<a>" * 10_000, "application/xml", "document_unsafe"),
        (b"<div>" * 200_000, "text/html", "document_unsafe"),
        (b"[" * 100_000, "application/json", "document_corrupt"),
        (b"\x00\x01\x02\x03PK\x03\x04", "application/zip", "document_unsupported"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "application/xml", "document_unsafe"),
        (b"{", "application/json", "document_corrupt"),
        (b"   \n ", "text/plain", "document_empty"),
    ],
)
def test_what_cannot_be_read_fails_with_the_reason(library: Library, data: bytes, media_type: str, code: str) -> None:
    kept = library.add(upload=library.upload(data, "x", media_type))

    (ended,) = library.ingest()

    version = library.store.version(TENANT, kept.document.id, 1)
    assert (ended["status"], ended["code"]) == ("failed", code)
    assert version is not None
    assert version.error is not None
    assert version.error["code"] == code
    assert [event.type for event in library.history(kept.document.id)] == ["DocumentFailed"]


@pytest.mark.parametrize(
    ("data", "query", "language"),
    [
        ("النول آلة قديمة لنسج القماش. وهو من الخشب.".encode(), "القماش", "ar"),
        ("הנול הוא מכונה ישנה. הוא עשוי מעץ.".encode(), "מכונה", "he"),
        ("织布机很重要。它很古老。".encode(), "重要", "zh"),
        ("織機は糸から布を織る機械です。".encode(), "機械", "ja"),
        (b"A heddle \xff\xfe holds the warp of the loom.", "heddle", "en"),
        (b"A heddle holds \x00 the warp of the loom.", "heddle", "en"),
    ],
)
def test_bytes_of_any_script_and_bytes_that_are_none_are_found(
    library: Library, data: bytes, query: str, language: str
) -> None:
    kept = library.add(upload=library.upload(data, "x.txt", "text/plain"), filename="x.txt")

    (ended,) = library.ingest()

    document = library.store.document(TENANT, kept.document.id)
    assert ended["status"] == "ready" and document is not None
    assert len(library.found(query)) == 1
    assert "\x00" not in library.found(query)[0]
    assert document.language in (language, "")


def test_odd_characters_are_stored(library: Library) -> None:
    library.add("a\0 heddle \ue000 and \ud800 more", title="t\0", tags=("x",))

    (ended,) = library.ingest()

    assert ended["status"] == "ready"
    assert library.found("heddle") == ["a heddle   and ? more"]


@pytest.mark.parametrize("draft", [Draft(), Draft(text="a", upload="b")])
def test_text_or_upload_must_be_given(library: Library, draft: Draft) -> None:
    with pytest.raises(InvalidInput):
        library.adding(TENANT, draft, by=BY, correlation_id="c")


@pytest.mark.parametrize("upload", ["acme/uploads/none", "other/uploads/x", "acme/payloads/x", "../x", ""])
def test_an_upload_that_is_not_there_is_not_found(library: Library, upload: str) -> None:
    library.upload(b"theirs", "x", "text/plain", tenant="other")

    with pytest.raises(NotFound) as caught:
        library.add(upload=upload)

    assert caught.value.code == "upload_not_found"


def test_an_upload_of_another_tenant_is_not_found(library: Library) -> None:
    upload = library.upload(b"theirs", "x", "text/plain", tenant="other")

    with pytest.raises(NotFound):
        library.add(upload=upload)


@dataclass
class Huge:
    """Bytes that are only counted."""

    size: int

    def __len__(self) -> int:
        return self.size


@pytest.mark.parametrize("over", [1, 1024 * 1024])
def test_a_document_of_more_than_100_mib_is_refused_before_it_is_read(library: Library, over: int) -> None:
    upload = library.upload(b"x", "big.pdf", "application/pdf")
    library.originals.uploads._blobs[upload] = (Huge(MAX_DOCUMENT_BYTES + over), "application/pdf")  # type: ignore[assignment]

    with pytest.raises(PayloadTooLarge) as caught:
        library.add(upload=upload)

    assert caught.value.code == "document_too_large"
    assert library.store.documents(TENANT, limit=10).items == ()


def test_what_is_deleted_is_gone_from_store_and_files(library: Library) -> None:
    kept = library.add("Linen.")
    library.ingest()

    library.deleting(TENANT, kept.document.id, by=BY, correlation_id="c")

    assert library.found("linen") == []
    assert library.originals.kept == {}
    assert library.store.version(TENANT, kept.document.id, 1) is None
    assert [event.type for event in library.history(kept.document.id)] == ["DocumentIngested", "DocumentDeleted"]


def test_what_is_deleted_while_it_is_read_leaves_nothing(library: Library) -> None:
    kept = library.add("Linen.")
    library.deleting(TENANT, kept.document.id, by=BY, correlation_id="c")
    (job,) = library.ingests.started.values()
    library.originals.kept[job.object] = (b"Linen.", "text/plain")  # read just before it was deleted

    (ended,) = library.ingest()

    assert ended["status"] == "gone"
    assert library.originals.kept == {}


def test_a_deletion_that_broke_off_is_finished_by_the_next(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = library.add("Linen.")
    library.ingest()
    with monkeypatch.context() as patched:
        patched.setattr(library.originals, "remove_all", _down)
        with pytest.raises(UpstreamUnavailable):
            library.deleting(TENANT, kept.document.id, by=BY, correlation_id="c")
    assert library.found("linen") == []

    library.deleting(TENANT, kept.document.id, by=BY, correlation_id="c")

    assert library.originals.kept == {}
    with pytest.raises(NotFound):
        library.deleting(TENANT, kept.document.id, by=BY, correlation_id="c")


def _down(*_: Any, **__: Any) -> int:
    raise UpstreamUnavailable("no answer")


@dataclass
class Embedder:
    """Embeds, counts its calls, and fails at those numbers."""

    fails: dict[int, NodeError]
    calls: int = 0

    def __call__(self, caller: Caller, model: str | None, request: EmbeddingRequest) -> EmbeddingsAnswer:
        self.calls += 1
        if self.calls in self.fails:
            raise self.fails[self.calls]
        answer = DirectModels().embed(caller, model, request)
        found = replace(answer.embeddings, model=model.partition("/")[2] if model else answer.embeddings.model)
        return replace(answer, embeddings=found)


def paragraphs(number: int) -> str:
    return "\n\n".join(f"Paragraph {n}. " + "word " * 380 for n in range(number))


def test_a_batch_that_was_embedded_is_not_paid_for_again(library: Library) -> None:
    embedder = Embedder({2: NodeError("busy", code="llm_rate_limited", retryable=True)})
    library.embed = embedder
    library.add(paragraphs(100))
    (job,) = library.ingests.started.values()

    from heddle.adapters.content.parse import parse
    from heddle.application.documents.embed_chunks import EmbedChunks
    from heddle.application.documents.read_original import ReadOriginal

    read = ReadOriginal(library.originals, parse, lambda: 30.0)(job)
    assert read["chunks"] > 96
    step = EmbedChunks(library.originals, embedder, library.new_id)
    with pytest.raises(NodeError):
        step(job)

    answer = step(job)

    assert answer["batches"] == -(-read["chunks"] // 96)
    assert embedder.calls == answer["batches"] + 1


def test_without_a_budget_a_document_is_found_by_its_words(library: Library) -> None:
    library.embed = Embedder({1: NodeError("spent", code="budget_exceeded")})
    kept = library.add("Linen from flax.")

    (ended,) = library.ingest()

    version = library.store.version(TENANT, kept.document.id, 1)
    assert ended["status"] == "ready"
    assert version is not None
    assert version.facts["embedding"] == {"model": None, "code": "budget_exceeded", "message": "spent"}
    assert library.found("linen") == ["Linen from flax."]


def test_all_of_a_tenants_documents_are_embedded_by_the_same_model(library: Library) -> None:
    library.add("One.")
    library.ingest()

    library.add("Two.")

    (job,) = library.ingests.started.values()
    assert job.model == "extractive/hashed-1"


def test_vectors_are_made_anew_and_then_searched_by(library: Library) -> None:
    embedder = Embedder({})
    library.embed = embedder
    library.add("Linen from flax.")
    library.add("Silk from worms.")
    library.ingest()

    library.begin_reembed("extractive/other")
    during = library.store.embedding_model(TENANT)
    ended = library.reembed()

    after = library.store.embedding_model(TENANT)
    assert during is not None
    assert (during.model, during.next_model) == ("extractive/hashed-1", "extractive/other")
    assert ended == {"finished": True, "done": 2}
    assert after is not None
    assert (after.model, after.next_model, after.next_state) == ("extractive/other", None, None)
    assert library.found("linen", mode="meaning")[0] == "Linen from flax."


def test_making_vectors_stops_with_the_reason_and_can_be_begun_again(library: Library) -> None:
    embedder = Embedder({})
    library.embed = embedder
    library.add("Linen from flax.")
    library.ingest()
    library.begin_reembed("extractive/other")
    embedder.fails = {embedder.calls + 1: NodeError("spent", code="budget_exceeded")}
    with pytest.raises(NodeError):
        library.reembed()

    model = library.store.embedding_model(TENANT)
    assert model is not None
    assert model.next_state is not None
    assert (model.model, model.next_model) == ("extractive/hashed-1", None)
    assert model.next_state["error"] == {"code": "budget_exceeded", "message": "spent"}

    library.begin_reembed("extractive/other")

    assert library.reembed()["finished"]
