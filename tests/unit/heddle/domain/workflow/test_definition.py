"""Reading workflow documents."""

import json
from pathlib import Path
from typing import Any

import pytest

from heddle.domain.workflow.definition import parse_document
from heddle.domain.workflow.export_schema import schema_text
from heddle.errors import InvalidWorkflow

SCHEMA = Path(__file__).parents[5] / "docs" / "reference" / "workflow.schema.json"
YAML = """
name: Brief
nodes:
  - {id: read, type: set, config: {values: {day: 2026-01-31, sure: true, word: yes}}}
  - id: tell
    type: template
    after: [read]
    config: {template: "{{ nodes.read.output.day }}"}
    retry: {on: [http_status], max_attempts: 2}
edges:
  - {from: read, to: tell}
"""


def codes(document: Any) -> list[str]:
    with pytest.raises(InvalidWorkflow) as caught:
        parse_document(document)
    return [problem.code for problem in caught.value.problems]


def test_yaml_and_json_give_the_same_definition_and_go_back_to_it() -> None:
    definition = parse_document(YAML)
    document = definition.to_document()
    assert parse_document(json.dumps(document)) == definition == parse_document(document)
    assert document["edges"] == [{"from": "read", "to": "tell"}]


def test_words_and_dates_of_yaml_stay_what_they_look_like() -> None:
    document = parse_document(YAML).to_document()
    assert document["nodes"][0]["config"]["values"] == {"day": "2026-01-31", "sure": True, "word": "yes"}
    assert document["nodes"][1]["retry"]["on"] == ["http_status"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "x: [",
        "{",
        "name: a\nname: b",
        '{"a": 1, "a": 2}',
        "a: &a [1]\nb: [*a, *a]",
        "a: {<<: {b: 1}}",
        "1: a",
        "a: .nan",
        "a: !!python/object:os.system {}",
        "a: !!binary aGk=",
        b"\xff\xfe",
        "[" * 5000,
        "{a: " * 150 + "1" + "}" * 150,
    ],
)
def test_what_is_no_document_is_refused(text: str | bytes) -> None:
    assert codes(text) == ["WF_INVALID_DOCUMENT"]


def test_a_document_of_more_than_a_mebibyte_is_refused() -> None:
    assert codes("#" * 1_048_577) == ["WF_DOCUMENT_TOO_LARGE"]


def test_every_field_that_is_wrong_is_told_with_its_path() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        parse_document(
            {
                "name": "",
                "nodes": [
                    {"id": "A b", "type": "set", "foo": 1, "timeout": 0},
                    {"id": "b", "type": "set", "retry": {"max_attempts": 101, "jitter": 2}},
                    {"id": "c", "type": "set", "for_each": {"items": "{{ x }}", "concurrency": 1001}},
                    {"id": "d", "on_error": "ignore", "cache": {"ttl": 0}, "labels": {"a": 1}},
                ],
                "mode": "fast",
            }
        )
    found = {(problem.code, problem.path) for problem in caught.value.problems}
    assert found == {
        ("WF_INVALID_NAME", "name"),
        ("WF_INVALID_NODE_ID", "nodes[0].id"),
        ("WF_UNKNOWN_FIELD", "nodes[0].foo"),
        ("WF_INVALID_TIMEOUT", "nodes[0].timeout"),
        ("WF_INVALID_RETRY", "nodes[1].retry.max_attempts"),
        ("WF_INVALID_RETRY", "nodes[1].retry.jitter"),
        ("WF_INVALID_FOR_EACH", "nodes[2].for_each.concurrency"),
        ("WF_MISSING_FIELD", "nodes[3].type"),
        ("WF_INVALID_ON_ERROR", "nodes[3].on_error"),
        ("WF_INVALID_CACHE", "nodes[3].cache.ttl"),
        ("WF_INVALID_LABELS", "nodes[3].labels.a"),
        ("WF_INVALID_MODE", "mode"),
    }
    assert all(problem.message for problem in caught.value.problems)


def test_a_fallback_without_on_error_means_continue() -> None:
    def handling(**fields: Any) -> str:
        return parse_document({"name": "x", "nodes": [{"id": "a", "type": "set", **fields}]}).nodes[0].failure_handling

    assert handling() == "fail"
    assert handling(fallback=None) == "continue"
    assert handling(fallback=1, on_error="fail") == "fail"


def test_the_exported_schema_is_up_to_date() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run python -m heddle.domain.workflow.export_schema"
