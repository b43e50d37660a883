"""What a node asked of models and tools can be read back, by those who may read its run."""

from typing import Any

import pytest

from heddle.application.execution.payloads import check_in
from heddle.application.ports.events import NewEvent
from heddle.domain.events.codec import encode
from heddle.domain.events.conversation_events import ModelCalled, ToolCalled
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.testing.api import ApiStage, Caller

AT = "2026-01-01T12:00:00+00:00"
LONG = "rope " * 20_000


def record(stage: ApiStage, name: str, *events: Any) -> None:
    store = stage.ports.events
    stream = StreamId("acme", "conversation", name)
    for event in events:
        kind, data = encode(event)
        store.append(store.read(stream), [NewEvent(kind, data, stage.now())], Metadata("c-1"))


@pytest.fixture
def asked(stage: ApiStage) -> None:
    """Record two calls of node `a` of run r1: a model's, whose answer is kept by reference, and a tool's."""
    said = check_in(stage.ports.blobs, "acme", {"text": LONG, "tool_calls": []})
    assert "$ref" in said
    record(
        stage,
        "r1.a",
        ModelCalled(1, 1, "openai", "gpt-5-mini", "h", said, AT, 12.0, {"cost_usd": "0.01"}),
        ToolCalled(1, 1, "t1", "search", {"query": "rope"}, "3 passages", False, AT, 1.0),
    )
    record(stage, "r1.each.2", ModelCalled(1, 1, "openai", "gpt-5-mini", "h", {"text": "of item 2"}, AT, 1.0))


@pytest.mark.usefixtures("asked")
def test_calls_come_in_order_with_large_answers_in_full(viewer: Caller) -> None:
    answer = viewer.get("/runs/r1/conversations/a")

    model, tool = answer.json["items"]
    assert (model["type"], model["data"]["answer"]["text"]) == ("ModelCalled", LONG)
    assert (tool["type"], tool["data"]["arguments"]) == ("ToolCalled", {"query": "rope"})
    assert (answer.json["next_after"], answer.json["more"]) == (2, False)


@pytest.mark.usefixtures("asked")
def test_a_long_conversation_comes_in_pages(viewer: Caller) -> None:
    first = viewer.get("/runs/r1/conversations/a?limit=1").json
    second = viewer.get(f"/runs/r1/conversations/a?limit=1&after={first['next_after']}").json

    assert [page["items"][0]["type"] for page in (first, second)] == ["ModelCalled", "ToolCalled"]
    assert [page["more"] for page in (first, second)] == [True, False]


@pytest.mark.usefixtures("asked")
def test_an_item_has_a_conversation_of_its_own(viewer: Caller) -> None:
    answer = viewer.get("/runs/r1/conversations/each?item=2")

    assert answer.json["items"][0]["data"]["answer"] == {"text": "of item 2"}


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    "path", ["/runs/r1/conversations/b", "/runs/r1/conversations/each", "/runs/r9/conversations/a"]
)
def test_a_node_that_asked_nothing_has_none(viewer: Caller, path: str) -> None:
    answer = viewer.get(path)

    assert (answer.status, answer.json["code"]) == (404, "conversation_not_found")


@pytest.mark.usefixtures("asked")
def test_another_tenant_reads_nothing_of_it(stranger: Caller) -> None:
    assert stranger.get("/runs/r1/conversations/a").status == 404
