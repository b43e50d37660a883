"""The catalogue is complete, described, bounded, and agrees with what runs the nodes."""

from typing import Any

import pytest
from pydantic import ValidationError

from heddle.domain.nodes.catalogue import NODE_TYPES
from heddle.domain.nodes.cheap import DEFERRED
from heddle.domain.nodes.reference import PAGE, render
from heddle.domain.nodes.spec import NodeType

ALL = list(NODE_TYPES.values())
EXAMPLES: dict[str, dict[str, Any]] = {
    "template": {"template": "Hello"},
    "set": {"values": {"a": 1}},
    "transform": {"items": [1], "each": "{{ item }}"},
    "filter": {"items": [1], "where": "{{ item > 0 }}", "limit": 3},
    "aggregate": {"items": [1], "operation": "sum"},
    "router": {"rules": [{"branch": "yes", "when": "{{ input.ok }}"}], "default": "no"},
    "delay": {"seconds": 5},
    "approval": {"message": "Send it?", "approvers": ["admin"], "timeout": 60, "default": "reject"},
    "workflow": {"workflow_id": "wf-1", "input": {"a": 1}},
    "http": {"url": "https://example.com", "method": "POST", "json": {"a": 1}},
    "parse": {"document": {"url": "https://example.com/a.pdf"}},
    "search": {"query": "Why?", "filters": {"tags": ["a"]}, "limit": 3},
    "ingest": {"document": {"text": "a"}, "tags": ["a"], "wait": 0},
    "code": {"wat": "(module)", "input": {"a": 1}, "memory_mb": 8},
    "analyze": {"document": {"object": "k"}, "content_type": "pdf", "analyses": ["language", "summary"]},
    "emit": {"event": "OrderPaid", "detail": {"amount": 1}},
    "llm": {"prompt": "Why?", "context": ["a", {"text": "b", "source": "c", "index": 3}], "images": [{"object": "k"}]},
    "agent": {
        "prompt": "Why?",
        "context": "a",
        "tools": [
            {"type": "search"},
            {"type": "workflow", "name": "w", "description": "runs", "workflow_id": "wf-1"},
            {"type": "http", "name": "h", "description": "asks", "config": {"url": "https://example.com/{{ args.q }}"}},
            {"type": "template", "name": "t", "description": "fills in", "config": {"template": "{{ args.q }}"}},
        ],
        "max_cost_usd": "0.50",
        "memory": {"session": "s"},
    },
    "research": {"question": "Why?", "context": ["a"], "depth": "deep"},
    "write": {"topic": "Ropes", "length": 300, "format": "html"},
    "classify": {"text": "a", "labels": ["x", {"name": "y", "description": "z"}]},
    "extract": {"text": "a", "schema": {"type": "object"}},
    "summarise": {"text": ["a", {"text": "b", "source": "c"}]},
    "embed": {"text": ["a", "b"], "dimensions": 256},
}


def test_there_is_every_type_that_the_product_promises() -> None:
    assert set(NODE_TYPES) == set(EXAMPLES)


@pytest.mark.parametrize("node_type", ALL, ids=lambda one: one.name)
def test_every_config_takes_its_example_and_refuses_unknown_fields(node_type: NodeType) -> None:
    node_type.config.model_validate(EXAMPLES[node_type.name])

    with pytest.raises(ValidationError, match="Extra inputs"):
        node_type.config.model_validate(EXAMPLES[node_type.name] | {"colour": "red"})


@pytest.mark.parametrize("node_type", ALL, ids=lambda one: one.name)
def test_every_field_is_described(node_type: NodeType) -> None:
    schema = node_type.config.model_json_schema(by_alias=True)
    schemas = [schema, *schema.get("$defs", {}).values()]

    missing = [
        name for one in schemas for name, field in one.get("properties", {}).items() if "description" not in field
    ]

    assert missing == []
    assert node_type.summary
    assert node_type.output_schema


@pytest.mark.parametrize("node_type", ALL, ids=lambda one: one.name)
def test_special_fields_exist(node_type: NodeType) -> None:
    fields = node_type.config.model_json_schema(by_alias=True)["properties"]

    assert set(node_type.deferred) | set(node_type.secret_fields) <= set(fields)
    assert {field.partition(".")[0] for field in node_type.static_fields} <= set(fields)


@pytest.mark.parametrize(
    ("provider", "function"),
    [
        ({}, "llm_default"),
        ({"provider": "auto"}, "llm_default"),
        ({"provider": "extractive"}, "llm"),
        ({"provider": "bedrock"}, "llm"),
        ({"provider": "openai"}, "llm_openai"),
        ({"provider": "anthropic"}, "llm_anthropic"),
        ({"model": "anthropic/claude-x"}, "llm_anthropic"),
        ({"model": "gemini"}, "llm_openai"),
        ({"model": "best"}, "llm_default"),
        ({"model": "our-gateway/x"}, "llm_default"),
        ({"model": "{{ input.model }}"}, "llm_default"),
        ({"provider": "auto", "model": "bedrock/x"}, "llm"),
    ],
)
def test_the_provider_decides_which_function_asks(provider: dict[str, str], function: str) -> None:
    for name in ("llm", "agent", "research", "write", "classify", "extract", "summarise", "embed"):
        assert NODE_TYPES[name].function_of(provider) == function


@pytest.mark.parametrize(
    ("method", "effects"),
    [("GET", "none"), ("PUT", "none"), ("DELETE", "none"), ("POST", "once"), ("PATCH", "once"), ("{{ x }}", "once")],
)
def test_a_request_that_may_not_be_repeated_is_done_once(method: str, effects: str) -> None:
    assert NODE_TYPES["http"].effects_of({"method": method}) == effects
    assert NODE_TYPES["http"].effects_of({}) == "none"


def test_whoever_runs_a_cheap_node_without_a_plan_knows_its_deferred_fields() -> None:
    declared = {name: tuple(one.deferred) for name, one in NODE_TYPES.items() if one.host == "engine" and one.deferred}

    assert declared == DEFERRED


def test_a_router_tells_its_branches() -> None:
    routes = NODE_TYPES["router"].routes
    assert routes is not None

    assert routes({"rules": [{"branch": "a"}, {"branch": "b"}, {"branch": "a"}], "default": "c"}) == ("a", "b", "c")
    assert routes({"rules": "{{ x }}"}) == ()


@pytest.mark.parametrize(
    ("type_", "config"),
    [
        ("transform", {}),
        ("transform", {"value": 1, "items": [], "each": 1}),
        ("transform", {"items": []}),
        ("delay", {}),
        ("delay", {"seconds": 1, "until": "2026-01-01T00:00:00Z"}),
        ("delay", {"until": "2026-01-01T00:00:00"}),
        ("http", {"url": "https://x", "json": 1, "text": "a"}),
        ("parse", {"document": {}}),
        ("parse", {"document": {"text": "a", "url": "https://x"}}),
        ("router", {"rules": []}),
        ("llm", {"prompt": "x", "provider": "oracle"}),
        ("llm", {}),
        ("llm", {"prompt": "x", "prompt_ref": "y"}),
        ("llm", {"prompt": "x", "variables": {"a": 1}}),
        ("llm", {"prompt": "x", "images": [{}]}),
        ("llm", {"prompt": "x", "output_schema": {"type": "objct"}}),
        ("classify", {"text": "x", "labels": ["a"]}),
        ("classify", {"text": "x", "labels": ["a", {"name": "a"}]}),
        ("extract", {"text": "x", "schema": {"$ref": "https://example.com/schema.json"}}),
        ("approval", {"message": "x", "timeout": 0}),
    ],
)
def test_contradictions_are_refused(type_: str, config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NODE_TYPES[type_].config.model_validate(config)


def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python -m heddle.domain.nodes.reference"
