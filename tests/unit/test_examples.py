"""The examples that ask models, run in process: offline as they come, with a scripted model, and publishing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.documents import MemoryDocumentStore
from heddle.application.ports.models import CompletionRequest
from heddle.testing.node_runners import node_runners
from heddle.testing.run_workflow import FinishedRun, run_workflow
from heddle.testing.scripted_model import ScriptedModel, says
from tests.unit.heddle.adapters.nodes.local_server import LocalServer, running

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("reliability-guide.html", "cost-notes.md")
PDF = EXAMPLES / "documents" / "incident-review.pdf"
TOPIC = "Which retries are safe, and what do they cost?"


def documents() -> list[dict[str, str]]:
    return [{"text": (EXAMPLES / "documents" / name).read_text(encoding="utf-8"), "filename": name} for name in NAMES]


def run(name: str, *, runners: dict[str, Any] | None = None, secrets: Any = None, **input: Any) -> FinishedRun:
    finished = run_workflow(
        (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"),
        {"topic": TOPIC, "documents": documents(), **input},
        runners=node_runners(**(runners or {})),
        secrets=secrets or {},
    )
    assert finished.status == "succeeded", finished.error
    return finished


@pytest.fixture
def notion() -> Iterator[LocalServer]:
    server = LocalServer()
    page = json.dumps({"id": "page-1", "url": "https://notion.example/page-1"}).encode()
    server.documents["/v1/pages"] = ("application/json", page)
    with running(server, server.ended):
        yield server


def writer(request: CompletionRequest) -> Any:
    """Answer as a model would: questions, a finding with a source, an outline, a text."""
    properties = (request.output_schema or {}).get("properties", {})
    if "questions" in properties:
        return says(json.dumps({"questions": ["Which retries are safe?", "What do retries cost?"]}))
    if "answer" in properties:
        return says(json.dumps({"answer": "Idempotent ones are safe [1].", "confidence": 0.9}))
    return says("1. Safety\n2. Cost" if "kind: outline" in request.system else "Retries cost money. " * 60)


def test_documentation_is_researched_offline_with_its_sources() -> None:
    output = run("research_to_documentation").output

    assert output["extractive"] is True
    assert output["source_count"] >= 1
    assert output["research_summary"].startswith(f"# {TOPIC}")
    assert "no model was asked" in output["research_summary"]
    assert (output["notion_page_id"], output["notion_page_url"]) == ("", "")


def test_documentation_is_written_by_a_model_and_published(notion: LocalServer) -> None:
    here = f"127.0.0.1:{notion.port}"
    output = run(
        "research_to_documentation",
        runners={"ask": ScriptedModel(writer), "allowed_hosts": here},
        secrets={"notion_api_key": "s3cret"},
        notion_parent="parent-1",
        notion_api=f"http://{here}",
    ).output

    method, path, headers, body = notion.seen[0]
    assert (output["notion_page_id"], output["notion_page_url"]) == ("page-1", "https://notion.example/page-1")
    assert (method, path, headers["authorization"]) == ("POST", "/v1/pages", "Bearer s3cret")
    assert json.loads(body)["parent"] == {"page_id": "parent-1"}
    assert "Idempotent ones are safe [1]." in output["research_summary"]
    assert "Written by scripted-1" in output["research_summary"]


def test_only_so_many_sources_are_read() -> None:
    finished = run("research_to_documentation", max_sources=1)

    assert len(finished.output_of("read")) == 1


def test_content_is_generated_offline_and_measured() -> None:
    output = run("ai_content_generation", content_type="faq").output

    assert output["extractive"] is True
    assert output["content"] and output["outline"]
    assert output["word_count"] == len(output["content"].split())
    assert output["sources_count"] >= 1
    assert 0 < output["quality_score"] <= 1


def test_content_is_generated_by_a_model_from_research_and_outline() -> None:
    model = ScriptedModel(writer)

    output = run("ai_content_generation", runners={"ask": model}, requirements={"tone": "dry"}).output

    assert output["outline"] == "1. Safety\n2. Cost"
    assert (output["word_count"], output["extractive"]) == (180, False)
    request = model.asked[-1].request
    for wanted in ("blog post", "about 500 words", "for general readers", "Style: dry", "1. Safety"):
        assert wanted in request.system


def brief(library: MemoryDocumentStore, documents: list[dict[str, str]], **input: Any) -> FinishedRun:
    blobs = MemoryBlobStore()
    blobs.receive("test/uploads/review", PDF.read_bytes(), media_type="application/pdf")
    return run_workflow(
        (EXAMPLES / "research_brief.yaml").read_text(encoding="utf-8"),
        {"documents": documents, **input},
        runners=node_runners(documents=library, blobs=blobs),
    )


REVIEW = {"object": "test/uploads/review", "filename": PDF.name}


def test_a_brief_cites_document_and_section_of_what_was_taken_in() -> None:
    finished = brief(MemoryDocumentStore(), [*documents(), REVIEW])

    output = finished.output
    assert (output["documents"], output["enough"]) == (3, True)
    cited = {(c["source"], c["heading"], c["page"]) for c in finished.output_of("brief")["citations"]}
    assert ("cost-notes.md", "Idle capacity", None) in cited
    assert (PDF.name, None, 1) in cited
    assert "**cost-notes.md**, *Idle capacity*" in output["report"]


def test_the_same_documents_are_taken_in_once_and_later_searched_without_them() -> None:
    library = MemoryDocumentStore()

    first, second, third = (brief(library, given) for given in (documents(), documents(), []))

    assert [item["new"] for item in second.output_of("ingest")] == [False, False]
    assert second.output["report"] == first.output["report"] == third.output["report"]


def test_a_brief_is_of_the_documents_that_were_given_and_of_no_others() -> None:
    library = MemoryDocumentStore()
    brief(library, documents())

    small = brief(library, [{"text": "# A note\n\nNothing of any help with retries.", "filename": "note.md"}])
    unreadable = brief(library, [{"text": "{", "filename": "broken.json"}])

    assert (small.output["enough"], small.output["passages"]) == (False, 1)
    assert (unreadable.output["enough"], unreadable.output["passages"]) == (False, 0)
    assert "1 of the documents could not be read" in unreadable.output["report"]
