"""The REST function over the AWS adapters, in moto: that everything is wired to what the environment names."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.api.rest import handler
from heddle.runtime import clients
from tests.contract.aws import BUCKET, CATALOG, EVENTS, REALTIME, REGION, RUNS, moto_clients

ROLE = "arn:aws:iam::123456789012:role/machine"
DOCUMENT = {
    "name": "Greeting",
    "input": {"type": "object", "properties": {"who": {"type": "string", "default": "world"}}},
    "nodes": [{"id": "greet", "type": "template", "config": {"template": "Hello, {{ input.who }}!"}}],
    "outputs": {"text": "{{ nodes.greet.output.text }}"},
}

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    with moto_clients() as client:
        pool = client("cognito-idp")
        pool_id = pool.create_user_pool(PoolName="test")["UserPool"]["Id"]
        app = pool.create_user_pool_client(UserPoolId=pool_id, ClientName="test")["UserPoolClient"]["ClientId"]
        definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        machine = client("stepfunctions").create_state_machine(name="run", definition=definition, roleArn=ROLE)
        environment = {
            "EVENT_TABLE": EVENTS,
            "CATALOG_TABLE": CATALOG,
            "RUNS_TABLE": RUNS,
            "REALTIME_TABLE": REALTIME,
            "PAYLOAD_BUCKET": BUCKET,
            "TASK_QUEUE_URL": client("sqs").create_queue(QueueName="tasks")["QueueUrl"],
            "EVENT_BUS": client("events").create_event_bus(Name="heddle")["EventBusArn"].rsplit("/", 1)[1],
            "STANDARD_STATE_MACHINE_ARN": machine["stateMachineArn"],
            "USER_POOL_ID": pool_id,
            "USER_POOL_CLIENT_ID": app,
            "AWS_DEFAULT_REGION": REGION,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        clients.client.cache_clear()
        handler.api.cache_clear()

        def send(method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> dict[str, Any]:
            caller = {"tenant": "acme", "principal": "user:ada", "roles": "admin", "scopes": "*"}
            event = {
                "httpMethod": method,
                "path": path,
                "headers": {"content-type": "application/json"},
                "queryStringParameters": query,
                "body": None if body is None else json.dumps(body),
                "requestContext": {"authorizer": caller},
            }
            answer = handler.lambda_handler(event, None)
            return {**answer, "json": json.loads(answer["body"]) if answer["body"] else None}

        yield send
    clients.client.cache_clear()
    handler.api.cache_clear()


def test_a_workflow_is_saved_run_at_once_and_read_again(call: Call) -> None:
    saved = call("POST", "/workflows", DOCUMENT)
    assert saved["statusCode"] == 201, saved["body"]

    run = call("POST", "/workflows/greeting/execute", {"input": {"who": "Ada"}}, {"wait": "10"})

    assert run["statusCode"] == 200, run["body"]
    assert run["json"]["output"] == {"text": "Hello, Ada!"}
    run_id = run["json"]["id"]
    assert call("GET", f"/runs/{run_id}")["json"] == run["json"]
    assert call("GET", f"/runs/{run_id}/events")["json"]["items"][-1]["type"] == "RunSucceeded"
    assert call("GET", "/runs")["statusCode"] == 200
    assert call("POST", f"/runs/{run_id}/cancel")["json"]["code"] == "run_ended"
    assert call("GET", "/approvals")["json"] == {"items": [], "cursor": None}
    assert call("GET", "/workflows/greeting/status")["statusCode"] == 200


def test_the_live_output_of_a_run_is_read_from_its_topic(call: Call) -> None:
    call("POST", "/workflows", DOCUMENT)
    run_id = call("POST", "/workflows/greeting/execute", {"live": True}, {"wait": "10"})["json"]["id"]
    topics = handler.api()._services.ports.topics
    version = len(call("GET", f"/runs/{run_id}/events")["json"]["items"])
    end = ("run.succeeded", {"version": version, "text": ""})
    topics.append("acme", f"run:{run_id}", [("token", {"text": "Hi"}), end], at="2026-11-20T12:00:00+00:00")

    answer = call("GET", f"/runs/{run_id}/stream")

    assert [item["data"]["text"] for item in answer["json"]["items"]] == ["Hi", ""]
    assert answer["json"]["ended"] is True


def test_every_dependency_is_asked_and_well(call: Call) -> None:
    answer = call("GET", "/health/detailed")

    assert {name: check["status"] for name, check in answer["json"]["checks"].items()} == dict.fromkeys(
        ("event_store", "catalog", "runs", "bucket", "queue", "state_machine", "bus", "user_pool"), "healthy"
    )
    assert answer["statusCode"] == 200


def test_a_large_payload_is_answered_by_a_link_that_ends(call: Call) -> None:
    ports = handler.api()._services.ports

    link = ports.payload_link("acme", "acme/payloads/x")

    assert link is not None and "X-Amz-Expires=300" in link and "X-Amz-Signature=" in link
    assert ports.payload_link("rival", "acme/payloads/x") is None


def test_api_keys_and_uploads_reach_their_stores(call: Call) -> None:
    key = call("POST", "/api-keys", {"name": "import", "scopes": ["*"]})

    assert key["statusCode"] == 201, key["body"]
    assert call("GET", "/api-keys")["json"]["items"][0]["id"] == key["json"]["id"]
    upload = call("POST", "/uploads", {"filename": "a.pdf", "media_type": "application/pdf"})
    assert upload["statusCode"] == 201 and upload["json"]["url"].startswith("https://")
