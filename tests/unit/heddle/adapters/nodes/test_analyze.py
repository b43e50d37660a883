"""The analyze node: the sources of `parse`, the analyses of POST /analyze."""

import json
import time
from typing import Any

import pytest

from heddle.adapters.content.detect_language import detect_language
from heddle.adapters.content.read_content import read_content
from heddle.adapters.nodes.analyze import AnalyzeNode
from heddle.adapters.nodes.documents.sources import DocumentSources
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.application.content.analyze_bytes import AnalyzeBytes
from heddle.domain.content.analyses import NAMES
from heddle.domain.nodes.configs.analysis import AnalyzeConfig
from heddle.domain.nodes.spec import NodeTask
from heddle.errors import NodeError
from heddle.testing.node_runners import node_runners
from heddle.testing.run_workflow import FinishedRun, run_workflow
from heddle.testing.scripted_model import ScriptedModel, says
from heddle_sdk import WorkflowBuilder
from tests.unit.heddle.adapters.nodes.local_server import LocalServer
from tests.unit.heddle.adapters.nodes.test_parse import HTML, Blobs

TEXT = "The loom is a machine that weaves cloth from yarn. Ada Lovelace wrote about the Jacquard loom in London."


def analyse(document: Any, blobs: Blobs | None = None, tenant: str = "acme", **config: Any) -> dict[str, Any]:
    node = AnalyzeNode(
        DocumentSources(GuardedClient("127.0.0.1"), blobs or Blobs()),
        AnalyzeBytes(read_content, time.monotonic, detect_language),
        refine=lambda: pytest.fail("no model was named"),
        new_id=lambda: "call",
    )
    task = NodeTask(tenant, "r", "n", 1, "analyze", {"document": document, **config}, 60.0, "key", "corr")
    output: dict[str, Any] = node(task).output
    return output


def test_the_output_is_what_the_type_declares() -> None:
    from heddle.domain.nodes.catalogue import NODE_TYPES

    output = analyse({"text": HTML})

    assert set(output) == set(NODE_TYPES["analyze"].output_schema["properties"])
    assert output["media_type"] == "text/html" and output["title"] == "On looms"


def test_documents_come_from_an_address_and_from_an_upload_of_the_tenant(server: LocalServer) -> None:
    server.documents["/a.html"] = ("text/html; charset=utf-8", HTML.encode())
    url = f"http://127.0.0.1:{server.port}/a.html"
    blobs = Blobs(**{"acme/a.md": ("text/markdown", f"# Looms\n\n{TEXT}".encode())})

    assert analyse({"url": url})["source"] == url
    assert analyse({"object": "acme/a.md"}, blobs)["title"] == "Looms"
    with pytest.raises(NodeError) as caught:
        analyse({"object": "acme/a.md"}, blobs, tenant="rival")
    assert caught.value.code == "document_not_found"


def test_only_wanted_analyses_run() -> None:
    output = analyse(TEXT, analyses=["language", "summary"], language="en")

    assert output["language"]["given"] is True
    assert [name for name in NAMES if output[name] is not None] == ["language", "summary"]


@pytest.mark.parametrize(
    ("config", "field"),
    [({"analyses": "language"}, "analyses"), ({"analyses": ["colour"]}, "analyses"), ({"timeout": -1}, "timeout")],
)
def test_a_config_that_cannot_be_used_names_its_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(NodeError) as caught:
        analyse(TEXT, **config)

    assert (caught.value.code, caught.value.details["field"]) == ("node_config_invalid", field)


def test_the_names_of_analyses_are_those_that_the_config_takes() -> None:
    assert AnalyzeConfig.model_validate({"document": {"text": "a"}, "analyses": list(NAMES)}).analyses == list(NAMES)


def test_a_workflow_analyses_and_goes_on_with_what_it_found() -> None:
    flow = WorkflowBuilder("analyse")
    flow.analyze("found", {"text": "{{ input.text }}"})
    flow.template("say", "{{ nodes.found.output.language.code }} {{ nodes.found.output.statistics.words }}")
    flow.outputs(said="{{ nodes.say.output.text }}")

    run = run_workflow(flow.build(), {"text": TEXT}, runners=node_runners())

    assert run.output == {"said": "en 19"}


def refined_by(answering: Any, **config: Any) -> FinishedRun:
    node = {"id": "n", "type": "analyze", "config": {"document": {"text": TEXT}, "analyses": ["summary"], **config}}
    return run_workflow({"name": "test", "nodes": [node]}, {}, runners=node_runners(ask=answering))


def test_a_model_that_the_node_names_refines_and_is_paid_for_by_the_run() -> None:
    model = ScriptedModel([says(json.dumps({"summary": "Looms weave."}))])

    run = refined_by(model, model="best")

    output = run.output_of("n")
    assert (output["method"], output["summary"]["text"]) == ("model", "Looms weave.")
    assert output["refined"]["analyses"] == ["summary"]
    (asked,) = model.asked
    assert (asked.model, asked.caller.run_id, asked.caller.node_id) == ("best", "run-1", "n")
    assert run.state.usage["cost_usd"] == "0.001"


def test_without_a_model_none_is_asked() -> None:
    model = ScriptedModel([])

    output = refined_by(model).output_of("n")

    assert (output["method"], output["refined"], model.asked) == ("offline", None, [])


def test_a_model_that_must_not_be_asked_leaves_the_offline_analysis_and_says_why() -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise NodeError("the budget of the run is used up", code="budget_exceeded")

    output = refined_by(refuse, model="best").output_of("n")

    assert output["method"] == "offline" and output["summary"]["text"]
    assert [warning["code"] for warning in output["warnings"]] == ["budget_exceeded"]


def test_an_answer_that_is_of_no_use_is_paid_for_and_leaves_the_offline_analysis() -> None:
    run = refined_by(ScriptedModel([says("I would rather not.")]), model="best")

    assert [warning["code"] for warning in run.output_of("n")["warnings"]] == ["llm_output_invalid"]
    assert run.state.usage["cost_usd"] == "0.001"
