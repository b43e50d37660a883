"""The builder gives the same definition as YAML."""

import subprocess
import sys
from pathlib import Path

import pytest

from heddle.domain.engine.compile import compile_workflow
from heddle.domain.workflow.definition import parse_document
from heddle_sdk.builder import Cache, ForEach, Retry, Rule, WorkflowBuilder

SDK = Path(__file__).parents[3] / "sdk"
YAML = """
name: Brief
description: A brief of some pages.
labels: {team: docs}
input:
  type: object
  required: [urls]
  properties:
    urls: {type: array}
    tone: {type: string, default: plain}
nodes:
  - id: pages
    type: parse
    config: {document: {url: "{{ item }}"}}
    for_each: {items: "{{ input.urls }}", concurrency: 4}
    retry: {max_attempts: 2, on: [http_status]}
  - id: brief
    type: llm
    config: {prompt: "Sum up in a {{ input.tone }} tone.", context: "{{ nodes.pages.output }}"}
    cache: {ttl: 60}
    fallback: null
  - id: ask
    type: approval
    config: {message: "Publish it?", timeout: 60, default: reject}
    after: [brief]
    when: "{{ input.tone != 'plain' }}"
  - id: check
    type: router
    config:
      rules: [{branch: "yes", when: "{{ nodes.ask.output.approved }}"}]
      default: "no"
  - {id: told, type: template, config: {template: "{{ nodes.brief.output.text }}", trim: true}}
  - {id: sorry, type: set, config: {values: {text: none}}, on_error: continue}
edges:
  - {from: check, to: told, branch: "yes"}
  - {from: check, to: sorry, branch: "no"}
outputs: {text: "{{ nodes.told.output.text }}"}
timeout: 600
mode: standard
"""


def brief() -> WorkflowBuilder:
    flow = WorkflowBuilder("Brief", "A brief of some pages.", {"team": "docs"}, timeout=600, mode="standard")
    flow.input("urls", "array").input("tone", "string", default="plain")
    pages = flow.parse(
        "pages",
        {"url": "{{ item }}"},
        for_each=ForEach("{{ input.urls }}", concurrency=4),
        retry=Retry(2, on=["http_status"]),
    )
    text = flow.llm(
        "brief", "Sum up in a {{ input.tone }} tone.", context=pages.output(), cache=Cache(60), fallback=None
    )
    asked = flow.approval(
        "ask", "Publish it?", wait=60, default="reject", after=text, when="{{ input.tone != 'plain' }}"
    )
    flow.router(
        "check",
        [Rule("yes", asked.output("approved"))],
        default="no",
        branches={"yes": "told", "no": ["sorry"]},
    )
    told = flow.template("told", text.output("text"), trim=True)
    flow.set("sorry", {"text": "none"}, on_error="continue")
    return flow.outputs(text=told.output("text"))


def test_yaml_and_builder_give_the_same_definition_and_plan() -> None:
    from_yaml, from_builder = parse_document(YAML), parse_document(brief().build())
    assert from_builder == from_yaml
    assert from_builder.to_document() == from_yaml.to_document()
    assert compile_workflow(from_builder).hash == compile_workflow(from_yaml).hash


def test_an_agent_has_its_tools() -> None:
    flow = WorkflowBuilder("Helper")
    flow.agent("helper", "Help.", tools=[{"type": "search"}], request={"context": "A manual.", "max_steps": 3})

    node = compile_workflow(parse_document(flow.build())).nodes["helper"]

    assert node.config == {"prompt": "Help.", "tools": [{"type": "search"}], "context": "A manual.", "max_steps": 3}


def test_what_the_builder_writes_can_be_read_back() -> None:
    assert parse_document(brief().to_yaml()) == parse_document(brief().to_json()) == parse_document(YAML)


def test_code_is_named_written_out_or_packed() -> None:
    flow = WorkflowBuilder("Code")
    flow.code("named", plugin="word-count", version="1.0.0", input={"text": "a"}, retry=2)
    flow.code("written", wat="(module)", config={"n": 1}, memory_mb=8)

    document = flow.build()

    assert [node["config"] for node in document["nodes"]] == [
        {"plugin": "word-count", "input": {"text": "a"}, "config": {}, "version": "1.0.0"},
        {"wat": "(module)", "input": None, "config": {"n": 1}, "memory_mb": 8},
    ]
    assert compile_workflow(parse_document(document)).hash


def test_a_document_is_a_copy() -> None:
    flow = brief()
    flow.build()["nodes"].clear()
    assert len(flow.build()["nodes"]) == 6


def test_an_id_cannot_be_used_twice() -> None:
    flow = WorkflowBuilder("x")
    flow.set("a", {"b": 1})
    with pytest.raises(ValueError, match="'a' is used twice"):
        flow.template("a", "x")


def test_the_builder_works_without_the_platform() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import heddle_sdk.builder; print('heddle' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(SDK)], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
