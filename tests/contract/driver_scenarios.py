"""Workflows that every driver must bring to the same end: document, input, and what is expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """A document with an input, and the status, output and skipped nodes that any driver must come to."""

    name: str
    document: Mapping[str, Any]
    input: Mapping[str, Any] = field(default_factory=dict)
    status: str = "succeeded"
    output: Any = None
    skipped: frozenset[str] = frozenset()
    error_code: str | None = None


def _set(node: str, after: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": node, "type": "set", "config": {"values": {"at": node}}, "after": after or [], **fields}


SCENARIOS = (
    Scenario(
        "a chain that passes values on",
        {
            "name": "chain",
            "nodes": [
                {"id": "greet", "type": "template", "config": {"template": "Hello {{ input.name }}"}},
                {"id": "shout", "type": "transform", "config": {"value": "{{ nodes.greet.output.text | upper }}"}},
            ],
            "outputs": {"text": "{{ nodes.shout.output }}"},
        },
        {"name": "Ann"},
        output={"text": "HELLO ANN"},
    ),
    Scenario(
        "a diamond that joins",
        {
            "name": "diamond",
            "nodes": [_set("a"), _set("b", ["a"]), _set("c", ["a"]), _set("d", ["b", "c"])],
            "outputs": {"b": "{{ nodes.b.output.at }}", "d": "{{ nodes.d.output.at }}"},
        },
        output={"b": "b", "d": "d"},
    ),
    Scenario(
        "several roots in the shape of an N",
        {
            "name": "shape",
            "nodes": [_set("a"), _set("b"), _set("c", ["a"]), _set("d", ["a", "b"])],
            "outputs": {"c": "{{ nodes.c.output.at }}", "d": "{{ nodes.d.output.at }}"},
        },
        output={"c": "c", "d": "d"},
    ),
    Scenario(
        "a router that takes one branch, and a join that does not wait for the other",
        {
            "name": "routes",
            "nodes": [
                {
                    "id": "choose",
                    "type": "router",
                    "config": {
                        "value": "{{ input.size }}",
                        "rules": [{"branch": "large", "when": "{{ value > 10 }}"}],
                        "default": "small",
                    },
                },
                _set("big"),
                _set("little"),
                _set("further", ["big"]),
                _set("done", ["further", "little"]),
            ],
            "edges": [
                {"from": "choose", "to": "big", "branch": "large"},
                {"from": "choose", "to": "little", "branch": "small"},
            ],
            "outputs": {"done": "{{ nodes.done.output.at }}"},
        },
        {"size": 3},
        output={"done": "done"},
        skipped=frozenset({"big", "further"}),
    ),
    Scenario(
        "a node behind a branch that is not taken, whatever it refers to",
        {
            "name": "refers",
            "nodes": [
                _set("before"),
                {
                    "id": "choose",
                    "type": "router",
                    "config": {
                        "rules": [{"branch": "yes", "when": "{{ nodes.before.output.at == 'x' }}"}],
                        "default": "no",
                    },
                },
                _set("yes", config={"values": {"at": "{{ nodes.before.output.at }}"}}),
                _set("no", config={"values": {"at": "{{ nodes.before.output.at }}", "yes": "{{ nodes.yes.output }}"}}),
                _set("only_refers", config={"values": {"yes": "{{ nodes.yes.output }}"}}),
                _set("both", ["before"], config={"values": {"yes": "{{ nodes.yes.output }}"}}),
            ],
            "edges": [
                {"from": "choose", "to": "yes", "branch": "yes"},
                {"from": "choose", "to": "no", "branch": "no"},
            ],
            "outputs": {"no": "{{ nodes.no.output }}", "both": "{{ nodes.both.output }}"},
        },
        output={"no": {"at": "before", "yes": None}, "both": {"yes": None}},
        skipped=frozenset({"yes", "only_refers"}),
    ),
    Scenario(
        "a condition that does not hold",
        {
            "name": "condition",
            "nodes": [_set("a", when="{{ input.go }}"), _set("b", ["a"]), _set("c")],
            "outputs": {"c": "{{ nodes.c.output.at }}"},
        },
        {"go": False},
        output={"c": "c"},
        skipped=frozenset({"a", "b"}),
    ),
    Scenario(
        "for_each in order",
        {
            "name": "each",
            "nodes": [
                {
                    "id": "double",
                    "type": "transform",
                    "for_each": {"items": "{{ input.numbers }}", "concurrency": 3},
                    "config": {"value": "{{ item * 2 + index }}"},
                },
                {
                    "id": "total",
                    "type": "aggregate",
                    "config": {"items": "{{ nodes.double.output }}", "operation": "sum"},
                },
            ],
            "outputs": {"list": "{{ nodes.double.output }}", "total": "{{ nodes.total.output }}"},
        },
        {"numbers": [5, 1, 4]},
        output={"list": [10, 3, 10], "total": 23},
    ),
    Scenario(
        "a filter over a list",
        {
            "name": "filter",
            "nodes": [
                {
                    "id": "odd",
                    "type": "filter",
                    "config": {"items": "{{ input.numbers }}", "where": "{{ item is odd }}"},
                }
            ],
            "outputs": {"odd": "{{ nodes.odd.output }}"},
        },
        {"numbers": [1, 2, 3]},
        output={"odd": [1, 3]},
    ),
    Scenario(
        "an error that is replaced by a fallback",
        {
            "name": "fallback",
            "nodes": [
                {"id": "a", "type": "transform", "config": {"value": "{{ input.nothing }}"}, "fallback": "none"},
                _set("b", ["a"]),
            ],
            "outputs": {"a": "{{ nodes.a.output }}"},
        },
        output={"a": "none"},
    ),
    Scenario(
        "an error that takes its own branch",
        {
            "name": "rescue",
            "nodes": [
                {"id": "a", "type": "transform", "config": {"value": "{{ input.nothing }}"}, "on_error": "route"},
                _set("fine"),
                _set("rescue"),
            ],
            "edges": [{"from": "a", "to": "fine"}, {"from": "a", "to": "rescue", "branch": "error"}],
            "outputs": {"rescue": "{{ nodes.rescue.output.at }}"},
        },
        output={"rescue": "rescue"},
        skipped=frozenset({"fine"}),
    ),
    Scenario(
        "an error that ends the run",
        {
            "name": "broken",
            "nodes": [
                {"id": "a", "type": "transform", "config": {"value": "{{ input.nothing }}"}},
                _set("b", ["a"]),
            ],
            "outputs": {},
        },
        status="failed",
        error_code="expression_undefined",
    ),
    Scenario(
        "nested forks whose joins coincide",
        {
            "name": "nested",
            "nodes": [
                _set("s"), _set("x", ["s"]), _set("y", ["s"]), _set("x1", ["x"]), _set("x2", ["x"]),
                _set("j", ["x1", "x2", "y"]), _set("k", ["j"]),
            ],
            "outputs": {"k": "{{ nodes.k.output.at }}"},
        },
        output={"k": "k"},
    ),
)  # fmt: skip
