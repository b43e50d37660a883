"""Documents on the real stage: from the upload to the search, behind a database that goes away and comes back."""

import contextlib
import io
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from reportlab.pdfgen import canvas

from heddle_sdk import Client
from heddle_sdk.errors import ApiError, NotFound
from heddle_sdk.library import DocumentFailed
from tests.local.conftest import Cli, wait_until
from tests.local.tenants import Tenant

PAGE = "The shuttle carries the weft through the shed of page {page}. "


def pdf(pages: int) -> bytes:
    file = io.BytesIO()
    drawing = canvas.Canvas(file)
    drawing.setTitle("On weaving")
    for page in range(1, pages + 1):
        drawing.drawString(72, 720, PAGE.format(page=page))
        drawing.drawString(72, 700, f"Its number is {secrets.token_hex(4)}.")
        drawing.showPage()
    drawing.save()
    return file.getvalue()


@pytest.fixture
def documents(tenant: Tenant) -> Any:
    return tenant.client.documents


@pytest.fixture
def database(heddle: Cli) -> str:
    """Return where the stage's database is, for its owner."""
    port = json.loads((heddle.home / "runtime.json").read_text())["ports"]["postgres"]
    return f"postgresql://postgres@127.0.0.1:{port}/template1"


@contextlib.contextmanager
def closed(database: str) -> Iterator[None]:
    """Keep everybody out of the stage's database for as long as the block lasts."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("alter database postgres allow_connections false")
        try:
            owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'postgres'")
            yield
        finally:
            owner.execute("alter database postgres allow_connections true")


def test_a_pdf_is_uploaded_read_found_downloaded_and_deleted(documents: Any, tmp_path: Path) -> None:
    file = tmp_path / "weaving.pdf"
    file.write_bytes(pdf(30))

    added = documents.add(file, tags=["craft"])
    document = documents.wait(added.id)

    assert (added.new, added.status) == (True, "pending")
    assert (document.title, document.media_type, document.status) == ("On weaving", "application/pdf", "ready")
    assert document.newest["facts"]["pages"] == 30
    hit = next(documents.search('"page 17"'))
    assert (hit.document["id"], hit.page) == (document.id, 17)
    assert "<mark>page</mark> <mark>17</mark>" in hit.highlight
    assert documents.download(document.id, tmp_path / "copy.pdf").read_bytes() == file.read_bytes()
    assert documents.add(file).id == document.id

    url = documents.link(document.id)["url"]
    documents.delete(document.id)

    assert list(documents.search('"page 17"')) == []
    assert httpx.get(url).status_code in (403, 404)
    with pytest.raises(NotFound):
        documents.get(document.id)


def test_an_ingest_ends_well_and_the_bus_hears_of_it(documents: Any, tenant: Tenant) -> None:
    document = documents.wait(documents.add(text=f"Quiet {secrets.token_hex(4)}.").id)
    states, machine = tenant.backstage.client("stepfunctions"), tenant.backstage.outputs["IngestStateMachineArn"]
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{document.id}-1-1"

    ended = wait_until(lambda: _ended(states, execution), 60, "the execution ended")

    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {"status": "ready", "version": 1}


def _ended(states: Any, execution: str) -> Any:
    found = states.describe_execution(executionArn=execution)
    return found if found["status"] != "RUNNING" else None


def test_another_version_takes_the_place_of_the_one_before(documents: Any) -> None:
    word = f"w{secrets.token_hex(4)}"
    document = documents.wait(documents.add(text=f"Linen {word}.").id)

    documents.add_version(document.id, text=f"Silk {word}.")
    document = documents.wait(document.id)

    assert (document.version, document.ready_version) == (2, 2)
    assert [hit.text for hit in documents.search(word, mode="words")] == [f"Silk {word}."]
    assert [version.version for version in documents.versions(document.id)] == [2, 1]


def test_what_cannot_be_read_says_why(documents: Any) -> None:
    with pytest.raises(DocumentFailed) as caught:
        documents.wait(documents.add(text=f'{{"a": {secrets.token_hex(2)!r}', media_type="application/json").id)

    assert caught.value.code == "document_corrupt"


def test_another_tenant_sees_nothing(documents: Any, client: Client) -> None:
    word = f"w{secrets.token_hex(4)}"
    document = documents.wait(documents.add(text=f"Secret {word}.").id)

    assert list(client.documents.search(word, mode="words")) == []
    assert document.id not in [row.id for row in client.documents.list()]
    for attempt in (client.documents.get, client.documents.delete, client.documents.link, client.documents.ingest):
        with pytest.raises(NotFound):
            attempt(document.id)
    assert documents.get(document.id).status == "ready"


@pytest.mark.parametrize("query", ["", "   "])
def test_an_empty_question_is_refused(documents: Any, query: str) -> None:
    with pytest.raises(ApiError) as caught:
        documents.search_page(query)

    assert caught.value.code == "search_query_empty"


@pytest.mark.parametrize("query", ["'; drop table heddle.documents; --", "& | !", '"', "(:*", "1=1", "\\"])
def test_sql_and_operators_are_words_like_others(documents: Any, query: str) -> None:
    documents.search_page(query)

    assert list(documents.list()) is not None


def test_while_the_database_is_down_the_answer_says_so_and_nothing_is_written(
    documents: Any, tenant: Tenant, database: str
) -> None:
    before = [row.id for row in documents.list()]
    tenant.client._transport.retries, retries = 0, tenant.client._transport.retries
    try:
        with closed(database):
            attempts: list[Callable[[], object]] = [
                lambda: documents.add(text=f"Lost {secrets.token_hex(4)}."),
                lambda: documents.search_page("loom"),
                lambda: next(documents.list()),
            ]
            for attempt in attempts:
                with pytest.raises(ApiError) as caught:
                    attempt()
                assert (caught.value.status, caught.value.code) == (503, "database_unavailable")
    finally:
        tenant.client._transport.retries = retries

    assert [row.id for row in documents.list()] == before


def test_an_ingest_waits_until_the_database_is_back(documents: Any, tenant: Tenant, database: str) -> None:
    word = f"w{secrets.token_hex(4)}"
    document = documents.wait(documents.add(text=f"Patient {word}.").id)
    states, name = tenant.backstage.client("stepfunctions"), f"again-{secrets.token_hex(4)}"
    job = {
        "id": name,
        "tenant": tenant.id,
        "document_id": document.id,
        "version": 1,
        "object": f"{tenant.id}/documents/{document.id}/{document.content_hash}",
        "media_type": "text/plain",
        "filename": "",
        "principal": "user:test",
        "correlation_id": "test",
        "again": True,
    }

    with closed(database):
        execution = states.start_execution(
            stateMachineArn=tenant.backstage.outputs["IngestStateMachineArn"], name=name, input=json.dumps({"job": job})
        )["executionArn"]
        wait_until(lambda: _failures(states, execution), 60, "a step failed for want of the database")
        assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"

    wait_until(
        lambda: states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED", 90, "the ingest went on"
    )
    assert documents.get(document.id).status == "ready"
    assert [hit.document["id"] for hit in documents.search(word, mode="words")] == [document.id]


def _failures(states: Any, execution: str) -> list[str]:
    events = states.get_execution_history(executionArn=execution)["events"]
    return [event["type"] for event in events if "Failed" in event["type"]]


def test_vectors_are_made_anew_by_a_job(documents: Any) -> None:
    documents.wait(documents.add(text=f"Heddles and reeds {secrets.token_hex(4)}.").id)

    begun = documents.change_embedding_model("extractive")

    assert begun["change"]["model"] == "extractive/hashed-1"
    wait_until(lambda: documents.embedding_model()["change"] is None, 60, "all vectors are made")


def test_by_command_as_a_user_types_it(heddle: Cli, tmp_path: Path) -> None:
    word = f"w{secrets.token_hex(4)}"
    file = tmp_path / "loom.md"
    file.write_text(f"# Looms\n\nA loom {word} weaves cloth.\n")

    (added,) = heddle.json("documents", "add", str(file), "--tag", "craft")
    said = heddle("search", word, "--mode", "words").stdout
    heddle("documents", "download", added["id"], str(tmp_path / "copy.md"))
    heddle("documents", "delete", added["id"])

    assert added["status"] == "ready"
    assert f"A loom {word} weaves cloth" in said
    assert (tmp_path / "copy.md").read_text() == file.read_text()
    assert "nothing was found" in heddle("search", word, "--mode", "words").stdout
