"""Run events survive the way to JSON and back, in every schema version."""

import json
from dataclasses import fields
from typing import Any

import pytest

from heddle.domain.events.codec import decode, encode, schema_version, upcast
from heddle.domain.events.run_events import (
    EVENT_TYPES,
    NodeCompleted,
    NodeScheduled,
    RunEvent,
    RunRequested,
    RunResumed,
)
from heddle.errors import HeddleError

AT = "2026-01-01T12:00:00+00:00"


@pytest.mark.parametrize(
    "event",
    [
        RunRequested("wf-1", 3, {"q": "why"}, AT, labels={"team": "a"}),
        NodeScheduled("a", 1, "0", AT),
        NodeCompleted("a", 1, {"n": 1}, AT, AT, 1.5, route=("yes", "no"), usage={"input_tokens": 3}),
        NodeCompleted("a", 1, None, AT, AT, 0.0),
        RunResumed(("a", "b"), "user:1", AT, 2),
    ],
)
def test_an_event_survives_json(event: RunEvent) -> None:
    name, data = encode(event)

    assert decode(name, json.loads(json.dumps(data))) == event


def test_data_holds_only_json_types() -> None:
    _, data = encode(RunResumed(("a",), "user:1", AT))

    assert data == json.loads(json.dumps(data))


def test_old_data_is_brought_forward_step_by_step() -> None:
    def rename(data: dict[str, Any]) -> dict[str, Any]:
        data["strand"] = data.pop("lane")
        return data

    def date(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "at": f"{data['at']}T00:00:00+00:00"}

    upcasters = {("NodeScheduled", 1): rename, ("NodeScheduled", 2): date}

    event = decode("NodeScheduled", {"node_id": "a", "attempt": 1, "lane": "0", "at": "2026-01-01"}, 1, upcasters)

    assert event == NodeScheduled("a", 1, "0", "2026-01-01T00:00:00+00:00")
    assert schema_version("NodeScheduled", upcasters) == 3
    assert upcast("NodeScheduled", {"at": "2026-01-01"}, 2, upcasters)[1] == 3


def test_upcasting_leaves_the_stored_data_alone() -> None:
    stored = {"node_id": "a", "attempt": 1, "at": AT}

    decode("NodeScheduled", stored, 1, {("NodeScheduled", 1): lambda data: data | {"strand": data.pop("x", "0")}})

    assert stored == {"node_id": "a", "attempt": 1, "at": AT}


def test_a_field_of_a_newer_deployment_is_left_out() -> None:
    _, data = encode(NodeScheduled("a", 1, "0", AT))

    assert decode("NodeScheduled", data | {"priority": 3}) == NodeScheduled("a", 1, "0", AT)


def test_a_missing_field_takes_its_default() -> None:
    event = decode("RunRequested", {"workflow_id": "w", "workflow_version": 1, "input": {}, "requested_at": AT})

    assert event == RunRequested("w", 1, {}, AT)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(HeddleError) as caught:
        decode("NodeExploded", {})

    assert caught.value.code == "unknown_event_type"


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_kind_of_event_has_data_with_its_fields(name: str) -> None:
    names = [field.name for field in fields(EVENT_TYPES[name])]
    event = EVENT_TYPES[name](*(["x"] if field == "nodes" else field for field in names))

    assert list(encode(event)[1]) == names
    assert len(names) > 1  # the codec reads all fields at once, which gives a tuple only for two or more
