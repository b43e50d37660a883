"""The analysing function over the AWS adapters: a text in the request, and an upload in its bucket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.content.analyze import handler
from heddle.runtime import clients
from tests.contract.aws import BUCKET, CATALOG, EVENTS, REGION, RUNS, moto_clients

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "EVENT_TABLE": EVENTS,
    "CATALOG_TABLE": CATALOG,
    "RUNS_TABLE": RUNS,
    "PAYLOAD_BUCKET": BUCKET,
}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with moto_clients() as client:
        clients.client.cache_clear()
        handler.api.cache_clear()
        yield client("s3")
    clients.client.cache_clear()
    handler.api.cache_clear()


def ask(body: dict[str, Any]) -> Any:
    caller = {"tenant": "acme", "principal": "user:edda", "roles": "editor", "scopes": "*"}
    event = {
        "httpMethod": "POST",
        "path": "/analyze",
        "headers": {"Content-Type": "application/json"},
        "requestContext": {"authorizer": caller},
        "body": json.dumps(body),
    }
    return handler.lambda_handler(event, None)


def test_a_text_in_the_request_is_analysed(s3: Any) -> None:
    answer = ask({"content": "The loom is a machine that weaves cloth from yarn."})

    assert answer["statusCode"] == 200, answer["body"]
    assert json.loads(answer["body"])["language"]["code"] == "en"


def test_an_upload_is_read_from_the_bucket_by_its_tenant(s3: Any) -> None:
    for tenant in ("acme", "rival"):
        s3.put_object(Bucket=BUCKET, Key=f"{tenant}/uploads/a.md", Body=b"# Looms", ContentType="text/markdown")

    found = ask({"object": "acme/uploads/a.md"})
    refused = ask({"object": "rival/uploads/a.md"})

    assert json.loads(found["body"])["title"] == "Looms"
    assert (refused["statusCode"], json.loads(refused["body"])["code"]) == (404, "upload_not_found")
