"""The nodes `search` and `ingest`, in a run: what one takes in the other finds, to be cited."""

from collections.abc import Mapping
from typing import Any

import pytest

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.documents import MemoryDocumentStore
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError, UpstreamUnavailable
from heddle.testing.node_runners import node_runners


@pytest.fixture
def store() -> MemoryDocumentStore:
    return MemoryDocumentStore()


@pytest.fixture
def blobs() -> MemoryBlobStore:
    return MemoryBlobStore()


@pytest.fixture
def run(store: MemoryDocumentStore, blobs: MemoryBlobStore) -> Any:
    runners = node_runners(documents=store, blobs=blobs)

    def run(kind: str, config: Mapping[str, Any], tenant: str = "acme") -> NodeResult:
        return runners[kind](NodeTask(tenant, "r1", "n1", 1, kind, config, 60.0, "key", "c-1", principal="user:ada"))

    return run


def test_what_is_taken_in_is_found_with_where_it_stands(run: Any) -> None:
    config = {"document": {"text": "# Looms\n\nA heddle holds the warp.", "filename": "loom.md"}, "tags": ["craft"]}

    taken = run("ingest", config).output
    found = run("search", {"query": "what holds the warp", "filters": {"tags": ["craft"]}}).output

    assert (taken["status"], taken["new"], taken["chunks"]) == ("ready", True, 1)
    assert found["count"] == 1
    (passage,) = found["passages"]
    assert passage["text"] == "Looms\n\nA heddle holds the warp."
    assert (passage["index"], passage["source"], passage["heading"], passage["document"]) == (
        0,
        "loom.md",
        "Looms",
        taken["document"],
    )


def test_an_upload_is_taken_in_and_the_same_bytes_once(run: Any, blobs: MemoryBlobStore) -> None:
    for name in ("a", "b"):
        blobs.receive(f"acme/uploads/{name}", b"Linen.", media_type="text/plain")

    first = run("ingest", {"document": {"object": "acme/uploads/a"}}).output
    second = run("ingest", {"document": {"object": "acme/uploads/b"}}).output

    assert (second["document"], second["new"]) == (first["document"], False)


def test_another_version_is_taken_in(run: Any) -> None:
    first = run("ingest", {"document": "Linen."}).output

    second = run("ingest", {"document": "Silk.", "version_of": first["document"]}).output

    assert (second["document"], second["version"]) == (first["document"], 2)


def test_another_tenant_finds_nothing(run: Any) -> None:
    run("ingest", {"document": "Linen."})

    assert run("search", {"query": "linen"}, "stranger").output["passages"] == []


@pytest.mark.parametrize(
    ("kind", "config", "code"),
    [
        ("search", {"query": ""}, "node_config_invalid"),
        ("search", {"query": " "}, "node_config_invalid"),
        ("search", {"query": "a" * 4_001}, "node_config_invalid"),
        ("search", {"query": "a", "mode": "magic"}, "node_config_invalid"),
        ("search", {"query": "a", "limit": 0}, "node_config_invalid"),
        ("search", {"query": "a", "filters": {"tags": "a"}}, "node_config_invalid"),
        ("search", {"query": "a", "filters": {"min_quality": "good"}}, "node_config_invalid"),
        ("ingest", {"document": {}}, "node_config_invalid"),
        ("ingest", {"document": {"text": "a", "object": "b"}}, "node_config_invalid"),
        ("ingest", {"document": 5}, "node_config_invalid"),
        ("ingest", {"document": "a", "tags": [5]}, "node_config_invalid"),
        ("ingest", {"document": "a", "version_of": 5}, "node_config_invalid"),
        ("ingest", {"document": "a", "version_of": "doc_none"}, "document_not_found"),
        ("ingest", {"document": {"object": "acme/uploads/none"}}, "upload_not_found"),
        ("ingest", {"document": {"text": "{", "media_type": "application/json"}}, "document_corrupt"),
    ],
)
def test_what_cannot_be_done_says_why(run: Any, kind: str, config: Mapping[str, Any], code: str) -> None:
    with pytest.raises(NodeError) as caught:
        run(kind, config)

    assert (caught.value.code, caught.value.retryable) == (code, False)


@pytest.mark.parametrize(
    ("kind", "config", "method", "code"),
    [
        ("search", {"query": "linen"}, "search", "search_unavailable"),
        ("ingest", {"document": "Linen."}, "add", "ingest_unavailable"),
    ],
)
def test_a_database_that_is_down_is_worth_another_attempt(
    run: Any,
    store: MemoryDocumentStore,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    config: Mapping[str, Any],
    method: str,
    code: str,
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise UpstreamUnavailable("no answer", code="database_unavailable")

    monkeypatch.setattr(store, method, down)

    with pytest.raises(NodeError) as caught:
        run(kind, config)

    assert (caught.value.code, caught.value.retryable) == (code, True)
