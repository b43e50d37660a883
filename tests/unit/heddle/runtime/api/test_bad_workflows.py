"""Definitions that break rules, and templates that misbehave, through the public surface."""

from typing import Any

import pytest

from heddle.testing.api import Caller


def text(node_id: str, template: str = "x", **fields: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "template", "config": {"template": template}, **fields}


BROKEN: dict[str, tuple[list[Any], str]] = {
    "cyclic": ([text("a", after=["b"]), text("b", after=["a"])], "WF_CYCLE_DETECTED"),
    "self reference": ([text("a", after=["a"])], "WF_CYCLE_DETECTED"),
    "unknown node type": ([{"id": "a", "type": "quantum"}], "WF_UNKNOWN_NODE_TYPE"),
    "unknown reference": ([text("a", after=["nobody"])], "WF_UNKNOWN_NODE"),
    "unknown node in a template": ([text("a", "{{ nodes.nobody.output }}")], "WF_UNKNOWN_REFERENCE"),
    "undeclared name": ([text("a", "{{ inptu.x }}")], "WF_UNDECLARED_NAME"),
    "duplicate id": ([text("a"), text("a")], "WF_DUPLICATE_NODE_ID"),
    "1,001 nodes": ([text(f"n{number}") for number in range(1001)], "WF_TOO_MANY_NODES"),
    "no nodes": ([], "WF_NO_NODES"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_definition_that_breaks_a_rule_is_422_with_the_code_of_the_rule(editor: Caller, name: str) -> None:
    nodes, code = BROKEN[name]

    answer = editor.post("/workflows", {"name": "broken", "nodes": nodes})

    assert (answer.status, answer.json["code"]) == (422, "invalid_workflow")
    assert code in {problem["code"] for problem in answer.json["errors"]}
    assert editor.get("/workflows").json["items"] == []


def test_a_template_that_loops_for_ever_fails_its_run(editor: Caller) -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{{ a * b }}{% endfor %}{% endfor %}"
    saved = editor.post("/workflows", {"name": "endless", "nodes": [text("a", endless)]})
    assert saved.status == 201, saved.body

    run = editor.post("/workflows/endless/execute?wait=20", {}).json

    assert (run["status"], run["error"]["node_id"]) == ("failed", "a")
    assert run["error"]["code"] == "expression_fuel_exhausted"
    assert editor.post(f"/runs/{run['id']}/resume").status == 202


def test_a_node_that_gives_five_megabytes_gives_a_reference(editor: Caller) -> None:
    long = {"name": "long", "nodes": [text("a", "{{ 'x' * 5000000 }}")], "outputs": {"n": "{{ nodes.a.output }}"}}
    saved = editor.post("/workflows", long)
    assert saved.status == 201, saved.body

    answer = editor.post("/workflows/long/execute?wait=20", {})

    assert len(answer.body) < 100_000
    if answer.json["status"] == "succeeded":
        assert answer.json["output"]["$ref"]["bytes"] > 5_000_000
    else:
        assert answer.json["error"]["code"]
