"""Routers and conditions: what is chosen, what is skipped, and what nobody waits for."""

from typing import Any

from tests.contract.scenarios.scenario import Scenario, call, given, said


def _router(mode: str, default: str | None = None) -> dict[str, Any]:
    rules = [
        {"branch": "even", "when": "{{ value % 2 == 0 }}"},
        {"branch": "large", "when": "{{ value > 10 }}"},
        {"branch": "huge", "when": "{{ value > 1000 }}"},
    ]
    config = {"value": "{{ input.size }}", "rules": rules, "mode": mode}
    return {"id": "choose", "type": "router", "config": config | ({"default": default} if default else {})}


_EDGES = [{"from": "choose", "to": branch, "branch": branch} for branch in ("even", "large", "huge")]

BRANCHES = (
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
                given("big"),
                given("little"),
                given("further", ["big"]),
                given("done", ["further", "little"]),
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
        "a router that takes the first branch whose rule holds, though others hold too",
        {
            "name": "first",
            "timeout": 120,
            "nodes": [
                _router("first"),
                call("even"),
                call("large"),
                call("huge"),
                call("j", ["even", "large", "huge"]),
            ],
            "edges": _EDGES,
            "outputs": said("j"),
        },
        {"size": 12},
        calls=True,
        output={"j": "j"},
        skipped=frozenset({"large", "huge"}),
    ),
    Scenario(
        "a router that takes every branch whose rule holds, and a join of these alone",
        {
            "name": "all",
            "timeout": 120,
            "nodes": [_router("all"), call("even"), call("large"), call("huge"), call("j", ["even", "large", "huge"])],
            "edges": _EDGES,
            "outputs": said("j") | {"taken": "{{ nodes.choose.output.branches }}"},
        },
        {"size": 12},
        calls=True,
        output={"j": "j", "taken": ["even", "large"]},
        skipped=frozenset({"huge"}),
    ),
    Scenario(
        "a router that takes no branch",
        {
            "name": "none",
            "nodes": [_router("all"), given("even"), given("large"), given("huge"), given("after", ["huge"])],
            "edges": _EDGES,
            "outputs": {"branch": "{{ nodes.choose.output.branch }}"},
        },
        {"size": 3},
        output={"branch": None},
        skipped=frozenset({"even", "large", "huge", "after"}),
    ),
    Scenario(
        "a node behind a branch that is not taken, whatever it refers to",
        {
            "name": "refers",
            "nodes": [
                given("before"),
                {
                    "id": "choose",
                    "type": "router",
                    "config": {
                        "rules": [{"branch": "yes", "when": "{{ nodes.before.output.at == 'x' }}"}],
                        "default": "no",
                    },
                },
                given("yes", config={"values": {"at": "{{ nodes.before.output.at }}"}}),
                given("no", config={"values": {"at": "{{ nodes.before.output.at }}", "yes": "{{ nodes.yes.output }}"}}),
                given("only_refers", config={"values": {"yes": "{{ nodes.yes.output }}"}}),
                given("both", ["before"], config={"values": {"yes": "{{ nodes.yes.output }}"}}),
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
            "nodes": [given("a", when="{{ input.go }}"), given("b", ["a"]), given("c")],
            "outputs": {"c": "{{ nodes.c.output.at }}"},
        },
        {"go": False},
        output={"c": "c"},
        skipped=frozenset({"a", "b"}),
    ),
    Scenario(
        "conditions of calls, one that holds and one that does not",
        {
            "name": "conditions",
            "timeout": 120,
            "nodes": [
                call("a", when="{{ input.size > 10 }}"),
                call("b", when="{{ input.size <= 10 }}"),
                call("after_b", ["b"]),
                call("j", ["a", "after_b"]),
            ],
            "outputs": said("a", "j") | {"b": "{{ nodes.b.output }}"},
        },
        {"size": 12},
        calls=True,
        output={"a": "a", "b": None, "j": "j"},
        skipped=frozenset({"b", "after_b"}),
    ),
)
