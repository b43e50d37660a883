"""The document of limits: what it may say, and that AppConfig refuses what functions could not read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.json_schema import violations
from heddle.domain.limits import NAMES, Limits, limits_schema, read_limits
from heddle.errors import InvalidInput


def test_a_tenant_has_its_own_else_the_default_else_what_is_built_in() -> None:
    document = read_limits(
        json.dumps({"default": {"concurrent_runs": 7}, "tenants": {"acme": {"starts_per_second": 2.5}}})
    )

    assert document.of("acme") == Limits(concurrent_runs=7, starts_per_second=2.5)
    assert document.of("globex") == Limits(concurrent_runs=7)
    assert read_limits("{}").of("acme") == Limits()


BAD: list[tuple[Any, str]] = [
    ([], ""),
    ({"defaults": {}}, "defaults"),
    ({"default": []}, "default"),
    ({"default": {"concurrent_run": 5}}, "default.concurrent_run"),
    ({"default": {"concurrent_runs": 0}}, "default.concurrent_runs"),
    ({"default": {"concurrent_runs": -1}}, "default.concurrent_runs"),
    ({"default": {"concurrent_runs": 1.5}}, "default.concurrent_runs"),
    ({"default": {"concurrent_runs": True}}, "default.concurrent_runs"),
    ({"default": {"concurrent_runs": "5"}}, "default.concurrent_runs"),
    ({"default": {"concurrent_runs": 10**7}}, "default.concurrent_runs"),
    ({"default": {"starts_per_second": None}}, "default.starts_per_second"),
    ({"tenants": []}, "tenants"),
    ({"tenants": {"acme": 5}}, "tenants.acme"),
    ({"tenants": {"acme": {"frames": 5}}}, "tenants.acme.frames"),
]


@pytest.mark.parametrize(("document", "place"), BAD)
def test_what_is_wrong_is_named_and_the_schema_refuses_it_too(document: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read_limits(json.dumps(document))

    assert error.value.code == "invalid_limits"
    assert error.value.details["errors"][0]["field"] == place
    assert violations(limits_schema(), document)


def test_what_is_no_json_is_said_to_be_none() -> None:
    with pytest.raises(InvalidInput, match="not JSON"):
        read_limits("{")


LIMIT = st.integers(-2, 2_000_000) | st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.text(max_size=2)
ONE = st.dictionaries(st.sampled_from([*NAMES, "other"]), LIMIT, max_size=3)


@given(st.fixed_dictionaries({}, optional={"default": ONE, "tenants": st.dictionaries(st.text(max_size=3), ONE)}))
def test_whatever_the_schema_accepts_can_be_read(document: dict[str, Any]) -> None:
    # A whole number may be written 2.0 for the schema: functions refuse it, and keep the last good document.
    text = json.dumps(document)
    if violations(limits_schema(), document) or ".0" in text:
        return

    assert read_limits(text).of("acme").concurrent_runs > 0
