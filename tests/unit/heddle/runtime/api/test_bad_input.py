"""Bodies that are not what they should be: each named, none a crash."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heddle.runtime.api.bodies.table import BODIES
from heddle.runtime.api.http import MAX_BODY_BYTES
from heddle.runtime.api.routes.table import BY_NAME
from heddle.runtime.api.samples.table import EXAMPLES
from heddle.testing.api import ApiStage, Caller

PLACES = {
    "document": "doc_none",
    "batch": "batch_none",
    "position": "1",
    "plugin": "none",
    "workflow_id": "greeting",
    "run_id": "01RUN",
    "approval_id": "01RUN.ask",
    "key_id": "01KEY",
    "budget_id": "team",
    "trigger_id": "trg_1",
    "rule": "quiet",
}
PLACES |= {"prompt": "support", "label": "production"}
# models
PLACES |= {"provider": "azure", "alias": "careful"}


def path_of(name: str) -> tuple[str, str]:
    route = BY_NAME[name]
    return route.method, route.path.format(**PLACES)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("body", ["{", "no json", "{'a': 1}", '{"a": NaN}', "\x00", "[1, 2", '{"a": "\\ud800"}'])
def test_a_body_that_is_not_json_is_said_to_be_none(admin: Caller, name: str, body: str) -> None:
    method, path = path_of(name)

    answer = admin.call(method, path, body, Content_Type="application/json")

    assert (answer.status, answer.json["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("name", [name for name, body in BODIES.items() if body.__name__ != "WorkflowBody"])
def test_an_unknown_field_is_named_with_those_there_are(admin: Caller, name: str) -> None:
    method, path = path_of(name)
    example = EXAMPLES.get(name, {}).get("request", {})

    answer = admin.call(method, path, {**example, "lables": 1})

    assert (answer.status, answer.json["code"]) == (400, "invalid_body")
    assert answer.json["errors"][0]["field"] == "lables"
    assert "unknown field" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true"])
def test_a_body_that_is_no_object_is_refused(admin: Caller, name: str, body: str) -> None:
    method, path = path_of(name)

    assert admin.call(method, path, body).json["code"] == "invalid_body"


def test_a_body_that_is_too_large_is_413_and_says_what_to_do(admin: Caller) -> None:
    answer = admin.post("/workflows", json.dumps({"name": "x" * MAX_BODY_BYTES}))

    assert (answer.status, answer.json["code"]) == (413, "payload_too_large")
    assert "/uploads" in answer.json["detail"]


def test_a_body_that_is_nested_without_end_is_refused(admin: Caller) -> None:
    for depth in (70, 1000, 100_000):
        answer = admin.post("/workflows/greeting/execute", '{"input":' + "[" * depth + "]" * depth + "}")
        assert answer.status == 400, answer.body


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_content_type_that_is_not_json_is_415(admin: Caller, media_type: str) -> None:
    answer = admin.post("/workflows/greeting/execute", "{}", Content_Type=media_type)

    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "a: &x 1\nb: *x",
        "a: 1\na: 2",
        "1: a",
        "a: .nan",
        "!!python/object/apply:os.system ['id']",
        "a: !!binary aGk=",
        "a: 1\n---\nb: 2",
        "\t- x",
        "[" * 5000,
    ],
)
def test_yaml_that_is_not_plain_is_refused(editor: Caller, text: str) -> None:
    answer = editor.post("/workflows", text, Content_Type="application/yaml")

    assert answer.status == 400, answer.body
    assert answer.json["code"] in ("invalid_yaml", "invalid_body")


def test_a_schema_that_points_elsewhere_is_not_followed(stage: ApiStage, editor: Caller) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/latest/meta-data"}}}
    document = {"name": "ssrf", "input": schema, "nodes": [{"id": "s", "type": "set", "config": {"value": 1}}]}

    saved = editor.post("/workflows", document)
    if saved.status == 201:
        answer = editor.post("/workflows/ssrf/execute", {"input": {"a": 1}})
        assert (answer.status, answer.json["code"]) == (400, "invalid_input")
    else:
        assert saved.status == 422


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def almost(draw: st.DrawFn, name: str) -> Any:
    """Draw the example of a route with some of its fields replaced, or anything at all."""
    example = EXAMPLES.get(name, {}).get("request", {})
    fields = list(BODIES[name].model_fields)
    if draw(st.booleans()) or not fields:
        return draw(JSON)
    changes = draw(st.dictionaries(st.sampled_from([*fields, *example]), JSON, max_size=3))
    return {**example, **changes}


@pytest.mark.parametrize("name", BODIES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_whatever_is_a_crash(stage: ApiStage, name: str, data: st.DataObject) -> None:
    method, path = path_of(name)
    body = data.draw(almost(name))
    if "fuzz" not in stage.ports.tokens._users:
        stage.user("fuzz", tenant="acme", roles=("admin",))
    token = stage.ports.tokens.sign(stage.ports.tokens.claims("fuzz"))

    answer = stage.anyone(Authorization=f"Bearer {token}").call(method, path, json.dumps(body))

    assert answer.status < 500, (body, answer.body)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(["name", "nodes", "edges", "outputs", "input", "mode", "x"]), JSON))
def test_no_definition_whatever_is_a_crash(stage: ApiStage, changes: dict[str, Any]) -> None:
    if "fuzz" not in stage.ports.tokens._users:
        stage.user("fuzz", tenant="acme", roles=("admin",))
    token = stage.ports.tokens.sign(stage.ports.tokens.claims("fuzz"))
    document = {**EXAMPLES["create_workflow"]["request"], **changes}

    answer = stage.anyone(Authorization=f"Bearer {token}").post("/workflows/validate", document)

    assert answer.status < 500, answer.body
