"""The generated pages are those that the code gives, and the OpenAPI document is sound."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for

from heddle.runtime.api.answers.table import ANSWERS
from heddle.runtime.api.bodies.table import BODIES, OPTIONAL
from heddle.runtime.api.openapi import document
from heddle.runtime.api.routes.table import BY_NAME, DOCUMENTED, ROUTES, SCOPES
from heddle.runtime.api.samples.table import EXAMPLES

ROOT = Path(__file__).parents[5]
PAGES: dict[Path, str] = runpy.run_path(str(ROOT / "scripts/write_api_reference.py"))["pages"]()
DOCUMENT = document("0.1.0")


@pytest.mark.parametrize("place", PAGES, ids=lambda place: place.name)
def test_the_committed_page_is_what_the_code_gives(place: Path) -> None:
    assert place.read_text(encoding="utf-8") == PAGES[place], "run: python scripts/write_api_reference.py"


def test_every_route_is_documented_with_answers_and_errors() -> None:
    operations = [operation for path in DOCUMENT["paths"].values() for operation in path.values()]

    assert (
        {operation["operationId"] for operation in operations} == {route.name for route in DOCUMENTED} == set(ANSWERS)
    )
    for operation in operations:
        assert any(status.startswith(("2", "3")) for status in operation["responses"]), operation["operationId"]
        assert "application/problem+json" in operation["responses"]["400"]["content"]


def test_every_body_and_every_json_answer_has_an_example() -> None:
    required = {name for name in BODIES if name not in OPTIONAL}
    answering = {name for name, answers in ANSWERS.items() if any(answers.values())}

    assert required <= {name for name, example in EXAMPLES.items() if "request" in example}
    assert answering - {"list_node_types"} <= {name for name, example in EXAMPLES.items() if "response" in example}


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name in BODIES and "request" in EXAMPLES[name]])
def test_the_example_request_is_valid(name: str) -> None:
    example = EXAMPLES[name]["request"]
    if BODIES[name].__name__ == "WorkflowBody" and "document" not in example:
        example = {"document": example}

    BODIES[name].model_validate(example)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "response" in EXAMPLES[name]])
def test_the_example_response_is_valid(name: str) -> None:
    model = ANSWERS[name][min(ANSWERS[name])]

    assert model is not None
    model.model_validate(EXAMPLES[name]["response"])


def test_every_reference_of_the_document_leads_somewhere() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(each) for each in value.values()))
        return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()

    schemas = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert references(DOCUMENT["paths"]) | references(DOCUMENT["components"]) <= schemas


def test_every_schema_of_the_document_is_a_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        validator_for({**schema, "components": DOCUMENT["components"]})


def test_every_list_has_items_and_says_where_it_goes_on() -> None:
    lists = [
        model for answers in ANSWERS.values() for model in answers.values() if model and "items" in model.model_fields
    ]

    # These are whole: a rule set has at most 100 rules, a presence list as many users as were asked for.
    whole = {"CountAnswer", "RuleSetAnswer", "RulePresetsAnswer", "PresenceList"}
    ways = {"cursor", "next", "next_after"}

    goes_on = [ways & set(model.model_fields) for model in lists if model.__name__ not in whole]
    assert len(goes_on) > 15 and all(goes_on)


def test_every_amount_of_money_is_decimal_text_and_named_so() -> None:
    fields = {
        (name, field): schema
        for name, model in DOCUMENT["components"]["schemas"].items()
        for field, schema in model.get("properties", {}).items()
    }
    amounts = {key: schema for key, schema in fields.items() if key[1].endswith("_usd")}

    numbers = [key for key, schema in amounts.items() if "number" in str(schema) or "integer" in str(schema)]
    misnamed = [key for key in fields if "usd" in key[1] and not key[1].endswith("_usd")]
    assert len(amounts) > 40
    assert (numbers, misnamed) == ([], [])


def test_every_tag_of_a_route_is_explained() -> None:
    assert {tag["name"] for tag in DOCUMENT["tags"]} == {route.tag for route in ROUTES}


def test_the_document_is_plain_json() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


def test_routes_say_role_and_scope_in_a_way_that_can_be_enforced() -> None:
    for route in DOCUMENTED:
        assert route.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        assert (route.role == "public") <= (route.scope is None)
        assert route.scope is None or route.scope == "*" or route.scope in SCOPES
    assert len({(route.method, route.path) for route in DOCUMENTED}) == len(DOCUMENTED)
    assert len(BY_NAME) == len(ROUTES)
