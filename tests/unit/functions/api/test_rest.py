"""The REST function: built from its environment, answering what needs nothing else."""

import json
from collections.abc import Iterator

import pytest

from functions.api.rest import handler

ENVIRONMENT = {
    "EVENT_TABLE": "events",
    "CATALOG_TABLE": "catalog",
    "RUNS_TABLE": "runs",
    "PAYLOAD_BUCKET": "payloads",
    "STAGE": "test",
    "VERSION": "1.2.3",
    "CORS_ORIGINS": "https://a.example, https://b.example",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    handler.api.cache_clear()
    yield
    handler.api.cache_clear()


def test_it_says_what_it_is() -> None:
    answer = handler.lambda_handler({"httpMethod": "GET", "path": "/info", "headers": None}, None)

    assert answer["statusCode"] == 200
    body = json.loads(answer["body"])
    assert (body["stage"], body["version"], body["provider"]) == ("test", "1.2.3", "extractive")


def test_origins_come_from_the_environment() -> None:
    event = {"httpMethod": "GET", "path": "/health", "headers": {"Origin": "https://b.example"}}

    answer = handler.lambda_handler(event, None)

    assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == ["https://b.example"]
