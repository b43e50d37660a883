"""What the compiler makes of definitions."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from heddle.domain.engine.compile import compile_workflow
from heddle.domain.engine.plan import START, Plan, PlanEdge, RetryPolicy
from heddle.domain.engine.plan_json import plan_from_json, plan_to_json
from heddle.domain.nodes.spec import NodeType
from heddle.domain.workflow.definition import parse_document
from heddle.errors import InvalidWorkflow

PACKAGE = Path(__file__).parents[5] / "layers" / "core" / "python"


class AnyConfig(BaseModel):
    model_config = ConfigDict(extra="allow")


TYPES = {
    "cheap": NodeType("cheap", "test", "", AnyConfig, "engine"),
    "work": NodeType(
        "work", "test", "", AnyConfig, "function", function="fn", timeout=10, retry=RetryPolicy(3, "fixed", 1.0)
    ),
    "wait": NodeType("wait", "test", "", AnyConfig, "callback"),
}


def plan_of(nodes: list[str], edges: str = "", type: str = "cheap", **fields: Any) -> Plan:
    """Compile nodes (`a`, or `a:work`) with edges written `a>b b>c`."""
    written = [name.partition(":") for name in nodes]
    document = {
        "name": "test",
        "nodes": [{"id": name, "type": own or type} for name, _, own in written],
        "edges": [{"from": a, "to": b} for a, _, b in (edge.partition(">") for edge in edges.split())],
        **fields,
    }
    return compile_workflow(parse_document(document), TYPES)


def test_a_diamond_joins_where_its_branches_meet() -> None:
    plan = plan_of(["d", "b", "c", "a"], "a>b a>c b>d c>d")
    assert plan.order == ("a", "b", "c", "d")
    assert plan.joins == {START: "a", "a": "d", "b": "d", "c": "d", "d": None}
    assert plan.segments == (("a",), ("b",), ("c",), ("d",))
    assert (plan.depth, plan.series_parallel, plan.mode) == (1, True, "inline")


def test_an_edge_that_a_longer_way_makes_superfluous_is_no_fork() -> None:
    plan = plan_of(["a", "b", "c"], "a>b b>c a>c")
    assert (plan.depth, plan.segments, plan.joins["a"]) == (0, (("a", "b", "c"),), "b")
    assert len(plan.edges) == 3


def test_several_roots_are_a_fork_at_the_start() -> None:
    plan = plan_of(["a", "b", "c", "d"], "a>c b>c c>d")
    assert (plan.joins[START], plan.depth) == ("c", 1)
    assert plan_of(["a", "b"]).joins[START] is None


def test_forks_within_forks_are_counted() -> None:
    inner = "a>b a>z b>c b>y c>d c>x d>w x>w w>v y>v v>u z>u"
    plan = plan_of(list("abcdxyzwvu"), inner)
    assert plan.depth == 3
    assert plan_of(list("abcdef"), "a>b a>c b>d c>d d>e d>f").depth == 1


def test_a_graph_that_is_not_series_parallel_is_said_to_be() -> None:
    assert not plan_of(["a", "b", "c", "d"], "a>c a>d b>d").series_parallel


def test_references_are_edges_unless_an_explicit_one_is_there() -> None:
    document = {
        "name": "x",
        "nodes": [
            {"id": "a", "type": "cheap"},
            {"id": "b", "type": "cheap", "after": ["a"], "config": {"x": "{{ nodes.a.output }}"}},
            {"id": "c", "type": "cheap", "when": "{{ nodes.a.output }}", "for_each": {"items": "{{ nodes.b.output }}"}},
            {"id": "d", "type": "cheap", "cache": {"ttl": 1, "key": "{{ nodes['c'].output }}"}},
        ],
    }
    plan = compile_workflow(parse_document(document), TYPES)
    assert set(plan.edges) == {
        PlanEdge("a", "b"),
        PlanEdge("a", "c", implied=True),
        PlanEdge("b", "c", implied=True),
        PlanEdge("c", "d", implied=True),
    }


def test_references_only_order_where_explicit_edges_say_whether_the_node_runs() -> None:
    document = {
        "name": "x",
        "nodes": [
            {"id": "a", "type": "cheap"},
            {"id": "b", "type": "cheap"},
            {"id": "c", "type": "cheap", "after": ["b"], "config": {"x": "{{ nodes.a.output }}"}},
        ],
    }
    plan = compile_workflow(parse_document(document), TYPES)

    assert set(plan.edges) == {PlanEdge("b", "c"), PlanEdge("a", "c", implied=True, only_orders=True)}
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


def test_the_cheapest_mode_that_the_graph_allows_is_chosen_and_explained() -> None:
    assert plan_of(["a", "b"]).modes == ("inline", "express", "standard")
    express = plan_of(["a", "b:work"], "a>b")
    assert (express.mode, express.modes) == ("express", ("express", "standard"))
    waiting = plan_of(["a", "b:wait"], "a>b")
    assert waiting.mode == "standard" and "`b` waits" in waiting.reason
    slow = plan_of([f"n{i}" for i in range(10)], " ".join(f"n{i}>n{i + 1}" for i in range(9)), type="work")
    assert slow.mode == "standard" and "322 s" in slow.reason
    assert plan_of(["a", "b", "c"], type="work").mode == "express"
    limited = plan_of(
        [f"n{i}" for i in range(10)], " ".join(f"n{i}>n{i + 1}" for i in range(9)), type="work", timeout=120
    )
    assert limited.mode == "express"


def test_a_mode_that_the_graph_does_not_allow_is_refused_with_the_nodes() -> None:
    assert plan_of(["a"], mode="standard").mode == "standard"
    with pytest.raises(InvalidWorkflow) as caught:
        plan_of(["a", "b:wait"], mode="express")
    (problem,) = caught.value.problems
    assert (problem.code, problem.nodes) == ("WF_MODE_NOT_ALLOWED", ("b",))


def test_a_node_overrides_its_types_policies_field_by_field() -> None:
    document = {
        "name": "x",
        "nodes": [{"id": "a", "type": "work", "timeout": 5, "retry": {"max_attempts": 7, "on": ["x"]}, "fallback": 1}],
    }
    node = compile_workflow(parse_document(document), TYPES).nodes["a"]
    assert node.retry == RetryPolicy(7, "fixed", 1.0, on=("x",))
    assert (node.timeout, node.on_error, node.fallback, node.function) == (5, "continue", 1, "fn")


def test_a_plan_says_which_fields_of_a_node_see_secrets() -> None:
    config = {"url": "https://a.example", "headers": {"X-Key": "{{ secrets.crm }}"}}
    document = {"name": "test", "nodes": [{"id": "get", "type": "http", "config": config}]}

    assert compile_workflow(parse_document(document)).nodes["get"].secrets == ("headers",)


def test_a_plan_survives_json_and_equal_graphs_have_equal_hashes() -> None:
    plan = plan_of(["a", "b:work", "c"], "a>b b>c", outputs={"x": "{{ nodes.c.output }}"})
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan
    again = plan_of(["a", "b:work", "c"], "a>b b>c", outputs={"x": "{{ nodes.c.output }}"})
    assert again.hash == plan.hash and len(plan.hash) == 64
    assert plan_of(["a", "b:work", "c"], "a>b b>c").hash != plan.hash


def test_a_thousand_nodes_compile_in_well_under_a_second() -> None:
    nodes = [f"n{i}" for i in range(1000)]
    edges = " ".join(f"n{i}>n{j}" for i in range(950) for j in (i + 10, i + 11, i + 50))
    begun = time.process_time()
    plan = plan_of(nodes, edges)
    assert len(plan.order) == 1000
    assert time.process_time() - begun < 2.0  # about a fifth of that on an idle machine


def test_running_plans_needs_neither_pydantic_nor_yaml() -> None:
    code = (
        "import sys, heddle.domain.engine.expressions, heddle.domain.engine.plan_json; "
        "print([name for name in ('pydantic', 'yaml', 'jsonschema_rs') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PACKAGE)}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr
