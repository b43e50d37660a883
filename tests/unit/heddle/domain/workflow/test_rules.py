"""Every rule with its code. Each case changes a workflow that is right in one way."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from heddle.domain.nodes.catalogue import NODE_TYPES
from heddle.domain.workflow.definition import parse_document
from heddle.domain.workflow.rules import check_workflow
from heddle.errors import Problem

Document = dict[str, Any]
RIGHT: Document = {
    "name": "Right",
    "input": {"type": "object", "properties": {"url": {"type": "string", "default": "https://example.com"}}},
    "nodes": [
        {"id": "get", "type": "http", "config": {"url": "{{ input.url }}", "headers": {"x": "{{ secrets.crm }}"}}},
        {
            "id": "choose",
            "type": "router",
            "config": {
                "value": "{{ nodes.get.output.status }}",
                "rules": [{"branch": "ok", "when": "{{ value == 200 }}"}],
            },
        },
        {"id": "tell", "type": "template", "config": {"template": "{{ nodes.get.output.body }}"}},
    ],
    "edges": [{"from": "choose", "to": "tell", "branch": "ok"}],
    "outputs": {"text": "{{ nodes.tell.output.text }}"},
}


def problems(document: Document) -> list[Problem]:
    return check_workflow(parse_document(document), NODE_TYPES)


def node(document: Document, node_id: str) -> dict[str, Any]:
    return next(each for each in document["nodes"] if each["id"] == node_id)


def template(node_id: str, text: str = "x", **fields: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "template", "config": {"template": text}, **fields}


def chain(document: Document, count: int) -> None:
    document["nodes"] += [template(f"n{i}", after=[f"n{i - 1}"] if i else []) for i in range(count)]


def test_a_right_workflow_has_no_problems() -> None:
    assert problems(RIGHT) == []


Change = Callable[[Document], Any]
CASES: list[tuple[str, tuple[str, ...], Change]] = [
    ("WF_INVALID_NAME", (), lambda d: d.update(name="  ")),
    ("WF_CONTROL_CHARACTER", (), lambda d: d.update(name="a\x00b")),
    ("WF_CONTROL_CHARACTER", ("tell",), lambda d: node(d, "tell").update(description="a\u202eb")),
    ("WF_SUSPICIOUS_VALUE", (), lambda d: d.update(description="<script>alert(1)</script>")),
    ("WF_SUSPICIOUS_VALUE", (), lambda d: d.update(description="x' ; DROP TABLE users")),
    ("WF_SUSPICIOUS_VALUE", (), lambda d: d.update(description="rm -rf /")),
    ("WF_SUSPICIOUS_VALUE", (), lambda d: d.update(labels={"a": "../../etc"})),
    ("WF_SUSPICIOUS_VALUE", (), lambda d: d.update(metadata={"a": [{"b": "eval(x)"}]})),
    ("WF_INVALID_LABELS", (), lambda d: d.update(labels={"a": "x" * 256})),
    ("WF_INVALID_LABELS", (), lambda d: d.update(labels={f"l{i}": "" for i in range(51)})),
    ("WF_METADATA_TOO_LARGE", (), lambda d: d.update(metadata={"a": "x" * 20_000})),
    ("WF_INVALID_METADATA", (), lambda d: d.update(metadata={" ": 1})),
    ("WF_RESERVED_METADATA_KEY", (), lambda d: d.update(metadata={"a": {"API_Token": 1}})),
    ("WF_RESERVED_METADATA_KEY", ("tell",), lambda d: node(d, "tell").update(metadata={"__proto__": 1})),
    ("WF_DUPLICATE_NODE_ID", ("tell",), lambda d: d["nodes"].append(template("tell"))),
    ("WF_UNKNOWN_NODE", ("nope",), lambda d: d["edges"].append({"from": "get", "to": "nope"})),
    ("WF_UNKNOWN_NODE", ("nope",), lambda d: node(d, "tell").update(after=["nope"])),
    ("WF_DUPLICATE_EDGE", ("choose", "tell"), lambda d: d["edges"].append(dict(d["edges"][0]))),
    ("WF_CYCLE_DETECTED", ("get",), lambda d: d["edges"].append({"from": "get", "to": "get"})),
    ("WF_CYCLE_DETECTED", ("get",), lambda d: node(d, "get").update(after=["get"])),
    ("WF_CYCLE_DETECTED", ("tell",), lambda d: node(d, "tell").update(when="{{ nodes.tell.output }}")),
    (
        "WF_CYCLE_DETECTED",
        ("a", "b"),
        lambda d: d["nodes"].extend([template("a", "{{ nodes.b.output }}"), template("b", "{{ nodes.a.output }}")]),
    ),
    (
        "WF_REFERENCE_TO_LATER_NODE",
        ("choose", "tell"),
        lambda d: node(d, "choose").update(when="{{ nodes.tell.output }}"),
    ),
    ("WF_TOO_DEEP", ("n100",), lambda d: chain(d, 101)),
    (
        "WF_TOO_MANY_PARALLEL",
        ("get",),
        lambda d: d["nodes"].extend(template(f"p{i}", after=["get"]) for i in range(51)),
    ),
    ("WF_INVALID_ROUTER", ("get", "tell"), lambda d: d["edges"].append({"from": "get", "to": "tell", "branch": "ok"})),
    ("WF_UNKNOWN_NODE_TYPE", ("tell",), lambda d: node(d, "tell").update(type="magic")),
    ("WF_INVALID_CONFIG", ("get",), lambda d: node(d, "get")["config"].update(timeout=-1)),
    ("WF_INVALID_CONFIG", ("get",), lambda d: node(d, "get")["config"].update(nope=1)),
    ("WF_INVALID_CONFIG", ("get",), lambda d: node(d, "get").update(config={})),
    ("WF_INVALID_CONFIG", ("get",), lambda d: node(d, "get")["config"].update(json={}, text="")),
    ("WF_EXPRESSION_NOT_ALLOWED", ("choose",), lambda d: node(d, "choose")["config"].update(mode="{{ input.url }}")),
    ("WF_EXPRESSION_NOT_ALLOWED", ("tell",), lambda d: node(d, "tell").update(fallback="{{ input.url }}")),
    ("WF_INVALID_FALLBACK", ("tell",), lambda d: node(d, "tell").update(fallback=1, on_error="fail")),
    ("WF_INVALID_FOR_EACH", ("choose",), lambda d: node(d, "choose").update(for_each={"items": "{{ input.url }}"})),
    ("WF_INVALID_FOR_EACH", ("tell",), lambda d: node(d, "tell").update(for_each={"items": "a {{ input.url }}"})),
    ("WF_INVALID_CACHE", ("choose",), lambda d: node(d, "choose").update(cache={"ttl": 1})),
    ("WF_INVALID_TIMEOUT", ("get",), lambda d: node(d, "get").update(timeout=841)),
    ("WF_INVALID_CONDITION", ("tell",), lambda d: node(d, "tell").update(when="yes {{ input.url }}")),
    ("WF_INVALID_RETRY", ("get",), lambda d: node(d, "get").update(retry={"delay": 2, "max_delay": 1})),
    ("WF_INVALID_EXPRESSION", ("tell",), lambda d: node(d, "tell")["config"].update(template="a\n{{ 1 + }}")),
    ("WF_INVALID_EXPRESSION", ("tell",), lambda d: node(d, "tell")["config"].update(template="{{ input | nosuch }}")),
    ("WF_INVALID_EXPRESSION", ("tell",), lambda d: node(d, "tell")["config"].update(template="{{ input.pop('a') }}")),
    ("WF_UNDECLARED_NAME", ("tell",), lambda d: node(d, "tell")["config"].update(template="{{ inputs.url }}")),
    ("WF_UNDECLARED_NAME", ("tell",), lambda d: node(d, "tell")["config"].update(template="{{ item }}")),
    ("WF_UNDECLARED_NAME", (), lambda d: d["outputs"].update(x="{{ item }}")),
    ("WF_SECRET_NOT_ALLOWED", ("tell",), lambda d: node(d, "tell")["config"].update(template="{{ secrets.crm }}")),
    ("WF_SECRET_NOT_ALLOWED", (), lambda d: d["outputs"].update(x="{{ secrets.crm }}")),
    ("WF_DYNAMIC_REFERENCE", ("tell",), lambda d: node(d, "tell")["config"].update(template="{{ nodes[input.url] }}")),
    ("WF_UNKNOWN_REFERENCE", ("tell", "gone"), lambda d: node(d, "tell").update(when="{{ nodes.gone.output }}")),
    ("WF_UNKNOWN_REFERENCE", ("tell", "get"), lambda d: node(d, "tell").update(when="{{ nodes.get.status }}")),
    ("WF_UNKNOWN_REFERENCE", ("gone",), lambda d: d["outputs"].update(x="{{ nodes.gone.output }}")),
    ("WF_INVALID_INPUT_SCHEMA", (), lambda d: d.update(input={"type": "array"})),
    ("WF_INVALID_INPUT_SCHEMA", (), lambda d: d["input"]["properties"]["url"].update(type="strin")),
    ("WF_INVALID_INPUT_SCHEMA", (), lambda d: d.update(input={"$ref": "http://169.254.169.254/"})),
    ("WF_INVALID_INPUT_DEFAULT", (), lambda d: d["input"]["properties"]["url"].update(default=7)),
]


@pytest.mark.parametrize(("code", "nodes", "change"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_each_broken_rule_is_told_once_with_its_nodes(code: str, nodes: tuple[str, ...], change: Change) -> None:
    document = copy.deepcopy(RIGHT)
    change(document)
    found = problems(document)
    assert [(problem.code, problem.nodes) for problem in found] == [(code, nodes)], found
    assert all(each in found[0].message for each in nodes)
    assert found[0].severity == "error"


def test_a_branch_that_does_not_exist_makes_what_follows_unreachable() -> None:
    document = copy.deepcopy(RIGHT)
    document["nodes"][2]["config"]["template"] = "x"
    document["edges"][0]["branch"] = "nope"
    assert [problem.code for problem in problems(document)] == [
        "WF_UNREACHABLE_NODES",
        "WF_UNKNOWN_BRANCH",
        "WF_UNUSED_BRANCH",
    ]


def test_what_only_follows_a_cycle_is_unreachable() -> None:
    document = copy.deepcopy(RIGHT)
    document["nodes"] += [template("a", after=["b"]), template("b", after=["a"]), template("c", after=["b"])]
    found = problems(document)
    assert [(problem.code, problem.nodes) for problem in found] == [
        ("WF_CYCLE_DETECTED", ("a", "b")),
        ("WF_UNREACHABLE_NODES", ("c",)),
    ]


def test_a_branch_that_no_edge_names_is_a_warning() -> None:
    document = copy.deepcopy(RIGHT)
    node(document, "choose")["config"]["default"] = "other"
    (found,) = problems(document)
    assert (found.code, found.severity, found.nodes) == ("WF_UNUSED_BRANCH", "warning", ("choose",))


def test_an_error_edge_needs_on_error_route() -> None:
    document = copy.deepcopy(RIGHT)
    document["edges"].append({"from": "get", "to": "tell", "branch": "error"})
    assert [problem.code for problem in problems(document)] == ["WF_INVALID_ROUTER"]
    node(document, "get")["on_error"] = "route"
    assert problems(document) == []


def test_no_node_and_a_thousand_and_one_are_refused() -> None:
    assert [problem.code for problem in problems({"name": "x", "nodes": []})] == ["WF_NO_NODES"]
    many = {"name": "x", "nodes": [template(f"n{i}") for i in range(1001)]}
    assert [problem.code for problem in problems(many)] == ["WF_TOO_MANY_NODES"]
    many["nodes"] = many["nodes"][:1000]
    assert problems(many) == []


def test_all_problems_are_told_at_once() -> None:
    document = copy.deepcopy(RIGHT)
    for change in (CASES[0][2], CASES[13][2], CASES[26][2], CASES[-1][2]):
        change(document)
    assert len({problem.code for problem in problems(document)}) == 4
    assert problems(document)[0].to_json() == {
        "code": "WF_INVALID_NAME",
        "message": "`name` must not be blank",
        "path": "name",
        "nodes": [],
        "severity": "error",
    }


def test_expressions_may_stand_for_any_value_of_a_config() -> None:
    document = copy.deepcopy(RIGHT)
    node(document, "get")["config"].update(timeout="{{ input.t }}", expect=["{{ input.s }}"], method="{{ input.m }}")
    document["nodes"].append({"id": "read", "type": "parse", "config": {"document": "{{ input.document }}"}})
    document["nodes"].append({"id": "rest", "type": "delay", "config": {"seconds": "{{ input.seconds }}"}})
    assert problems(document) == []


@pytest.mark.parametrize(
    ("kind", "field"), [(name, field) for name, kind in sorted(NODE_TYPES.items()) for field in kind.static_fields]
)
def test_a_field_that_the_compiler_needs_cannot_be_an_expression(kind: str, field: str) -> None:
    name, _, inner = field.partition(".")
    value: Any = [{inner: "{{ input.url }}"}] if inner else "{{ input.url }}"
    document = {**RIGHT, "nodes": [{"id": "n", "type": kind, "config": {name: value}}], "edges": [], "outputs": {}}

    found = [each for each in problems(document) if each.code == "WF_EXPRESSION_NOT_ALLOWED"]

    assert [(each.path.partition(".config.")[2], each.nodes) for each in found] == [
        (f"{name}[0].{inner}" if inner else name, ("n",))
    ]
