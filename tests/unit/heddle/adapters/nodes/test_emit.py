"""The emit node puts one event on the bus, and reads what the bus says to it."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from heddle.adapters.nodes.emit import EmitNode
from heddle.domain.nodes.spec import NodeTask
from heddle.errors import NodeError


def task(**config: Any) -> NodeTask:
    return NodeTask("acme", "run-1", "tell", 1, "emit", config, 30.0, "acme/run-1/tell/1", "corr-1")


@mock_aws
def test_an_event_on_the_bus_has_an_id() -> None:
    client = boto3.client("events", region_name="eu-west-1")
    client.create_event_bus(Name="heddle")

    output = EmitNode(client.put_events, "heddle")(task(event="OrderPaid", detail={"amount": 3})).output

    assert output["event"] == "OrderPaid"
    assert output["event_id"]


def test_the_event_says_whose_it_is() -> None:
    sent: list[dict[str, Any]] = []

    def put_events(*, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        sent.extend(Entries)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e-1"}]}

    EmitNode(put_events, "heddle")(task(event="OrderPaid", detail={"amount": 3}))

    assert (sent[0]["Source"], sent[0]["DetailType"], sent[0]["EventBusName"]) == (
        "heddle.workflow",
        "OrderPaid",
        "heddle",
    )
    assert json.loads(sent[0]["Detail"]) == {
        "tenant": "acme",
        "run_id": "run-1",
        "node_id": "tell",
        "correlation_id": "corr-1",
        "idempotency_key": "acme/run-1/tell/1",
        "data": {"amount": 3},
    }


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}, "emit_unavailable"),
        ({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InvalidArgument", "ErrorMessage": "x"}]}, "emit_refused"),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents"), "emit_refused"),
        (ClientError({"Error": {"Code": "InternalException"}}, "PutEvents"), "emit_unavailable"),
        (EndpointConnectionError(endpoint_url="https://x"), "emit_unavailable"),
    ],
)
def test_a_refusal_inside_the_reply_is_an_error_too(answer: Any, code: str) -> None:
    def put_events(**_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(NodeError) as caught:
        EmitNode(put_events, "heddle")(task(event="OrderPaid"))

    assert (caught.value.code, caught.value.retryable) == (code, code == "emit_unavailable")


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"event": ""}, "node_config_invalid"),
        ({"event": "x" * 129}, "node_config_invalid"),
        ({"event": "X", "detail": [1]}, "node_config_invalid"),
        ({"event": "X", "detail": {"a": "x" * 300_000}}, "emit_too_large"),
    ],
)
def test_an_event_that_no_bus_takes_is_not_sent(config: dict[str, Any], code: str) -> None:
    def put_events(**_: Any) -> Any:
        raise AssertionError("sent")

    with pytest.raises(NodeError) as caught:
        EmitNode(put_events, "heddle")(task(**config))

    assert caught.value.code == code
