"""The waiting node types say exactly what they wait for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.domain.nodes.waiting import approval_request, delay_until, sub_run_request
from heddle.errors import NodeError

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("config", "until"),
    [
        ({"seconds": 90}, NOW + timedelta(seconds=90)),
        ({"seconds": "1.5"}, NOW + timedelta(seconds=1.5)),
        ({"until": "2026-01-01T14:00:00+01:00"}, NOW + timedelta(hours=1)),
        ({"until": "2025-01-01T00:00:00Z"}, NOW),
    ],
)
def test_a_delay_ends_when_it_should_and_never_in_the_past(config: dict[str, Any], until: datetime) -> None:
    assert delay_until(config, NOW) == until


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"seconds": 1, "until": "2026-01-01T14:00:00Z"},
        {"seconds": -1},
        {"seconds": True},
        {"seconds": 1e9},
        {"until": "tomorrow"},
        {"until": "2026-01-01T14:00:00"},
        {"until": "2099-01-01T00:00:00Z"},
    ],
)
def test_a_delay_without_a_sensible_end_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(NodeError) as caught:
        delay_until(config, NOW)

    assert caught.value.code == "node_config_invalid"


def test_an_approval_asks_editors_for_a_week_unless_it_says_otherwise() -> None:
    request = approval_request({"message": "Send it?"})

    assert request.to_json() == {
        "message": "Send it?",
        "details": None,
        "approvers": ["editor", "admin"],
        "timeout": 604_800.0,
        "default": "fail",
    }


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"message": " "},
        {"message": "x", "approvers": []},
        {"message": "x", "approvers": ["king"]},
        {"message": "x", "timeout": 0},
        {"message": "x", "default": "maybe"},
    ],
)
def test_an_approval_nobody_could_answer_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(NodeError):
        approval_request(config)


def test_a_sub_run_names_its_workflow_version_and_input() -> None:
    request = sub_run_request({"workflow_id": "wf-1", "version": 3, "input": {"a": 1}})

    assert (request.workflow_id, request.version, request.input) == ("wf-1", 3, {"a": 1})
    assert sub_run_request({"workflow_id": "wf-1"}).version is None
    with pytest.raises(NodeError):
        sub_run_request({"workflow_id": "wf-1", "input": [1]})
