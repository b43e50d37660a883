"""`heddle documents` and `heddle search` against the API in this process; ingests are carried out here."""

import json
from pathlib import Path
from typing import Any

import pytest

from heddle.testing.api import ApiStage
from heddle_sdk import Client
from heddle_sdk.library import DocumentFailed, DocumentPending
from tests.support.ingesting import Library
from tests.unit.cli.conftest import Command


@pytest.fixture
def library(whole_stage: ApiStage, monkeypatch: pytest.MonkeyPatch) -> Library:
    ports = whole_stage.ports
    made = Library(ports.documents, ports.originals, ports.events, ports.ingests, ports.reembeds, ports.embed_texts)

    def put(url: str, content: bytes, headers: dict[str, str], timeout: float) -> Any:
        ports.blobs.receive(url.removeprefix("memory:"), content, media_type=headers["Content-Type"])
        return type("Answer", (), {"status_code": 200})

    monkeypatch.setattr("heddle_sdk.resources.httpx.put", put)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "loom.md"
    path.write_text("# Looms\n\nA heddle holds the warp & more.\n")
    return path


def test_a_file_is_added_read_and_found(heddle: Command, library: Library, file: Path) -> None:
    assert heddle("documents", "list").output.startswith("no documents yet")
    added = json.loads(heddle("documents", "add", str(file), "--tag", "craft", "--wait", "0", "--json").output)
    library.ingest()

    listed = heddle("documents", "list").output
    shown = heddle("documents", "show", added[0]["id"]).output
    found = heddle("search", "who holds the warp", "--tag", "craft").output

    assert "Looms" in listed and "ready" in listed
    assert "loom.md" in shown and "extractive/hashed-1" in shown
    assert "A heddle holds the warp & more." in found
    assert heddle("search", "warp", "--tag", "other").output.startswith("nothing was found")


def test_title_and_tags_are_changed_and_a_document_deleted(heddle: Command, library: Library, file: Path) -> None:
    (added,) = json.loads(heddle("documents", "add", str(file), "--wait", "0", "--json").output)
    library.ingest()

    assert "Better" in heddle("documents", "describe", added["id"], "--title", "Better", "--tag", "x").output
    assert "is being read" in heddle("documents", "ingest", added["id"]).output
    assert "is deleted" in heddle("documents", "delete", added["id"]).output
    assert heddle("documents", "show", added["id"]).exit_code != 0


def test_the_model_is_shown_and_changed(heddle: Command, library: Library, file: Path) -> None:
    assert heddle("documents", "model").output.startswith("no document has been embedded yet")
    heddle("documents", "add", str(file), "--wait", "0")
    library.ingest()

    assert heddle("documents", "model").output.startswith("extractive/hashed-1, 256 dimensions")
    assert "changing to extractive/hashed-1" in heddle("documents", "model", "--change-to", "extractive").output


def test_waiting_ends_with_the_document_with_its_reason_or_with_the_time(client: Client, library: Library) -> None:
    good, bad = client.documents.add(text="Linen."), client.documents.add(text="{", media_type="application/json")
    with pytest.raises(DocumentPending):
        client.documents.wait(good.id, 0)
    library.ingest()

    assert client.documents.wait(good.id).status == "ready"
    with pytest.raises(DocumentFailed) as caught:
        client.documents.wait(bad.id)
    assert caught.value.code == "document_corrupt"


def test_pages_of_a_search_follow_each_other(client: Client, library: Library) -> None:
    for number in range(5):
        client.documents.add(text=f"Loom number {number}.")
    library.ingest()

    assert len({hit.text for hit in client.documents.search("loom", limit=2)}) == 5
    assert client.documents.search_page("loom", facets=True).facets["media_type"] == {"text/plain": 5}


def test_a_version_is_added_and_listed(client: Client, library: Library) -> None:
    document = client.documents.add(text="One.")
    library.ingest()

    added = client.documents.add_version(document.id, text="Two.")
    library.ingest()

    assert (added.new, client.documents.get(document.id).ready_version) == (True, 2)
    assert [version.version for version in client.documents.versions(document.id)] == [2, 1]
