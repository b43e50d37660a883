"""The functions of plugins over the AWS adapters, in moto: that everything is wired to what the environment names."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.plugins.answer import handler as answer
from functions.plugins.run import handler as run
from heddle.application.plugins.wire import Asking, heard
from heddle.application.ports.plugins import PluginContent
from heddle.runtime import clients
from tests.contract.aws import BUCKET, CATALOG, EVENTS, REGION, RUNS, moto_clients
from tests.support import modules
from tests.support.lambdas import Context

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    with moto_clients() as client:
        secret = client("secretsmanager").create_secret(Name="plugin-key", SecretString="the stage's key")
        environment = {
            "EVENT_TABLE": EVENTS,
            "CATALOG_TABLE": CATALOG,
            "RUNS_TABLE": RUNS,
            "PAYLOAD_BUCKET": BUCKET,
            "PLUGIN_KEY_SECRET": secret["ARN"],
            "AWS_DEFAULT_REGION": REGION,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        forget()

        def send(method: str, path: str, body: Any = None) -> dict[str, Any]:
            caller = {"tenant": "acme", "principal": "user:ada", "roles": "editor", "scopes": "*"}
            event = {
                "httpMethod": method,
                "path": path,
                "headers": {"content-type": "application/json"},
                "body": None if body is None else json.dumps(body),
                "requestContext": {"authorizer": caller},
            }
            reply = answer.lambda_handler(event, None)
            return json.loads(reply["body"]) if reply["body"] else {"status": reply["statusCode"]}

        yield send
    forget()


def forget() -> None:
    """Let the functions be built anew, as in a fresh sandbox."""
    clients.client.cache_clear()
    answer.api.cache_clear()
    run.run_plugins.cache_clear()


def test_a_plugin_that_was_handed_in_is_run_by_the_other_function(call: Call) -> None:
    body = {"wasm": base64.b64encode(modules.ANSWER).decode(), "manifest": modules.manifest()}

    assert call("POST", "/plugins", body)["new"]
    assert call("POST", "/plugins/example/enable")["enabled"]
    event = Asking("acme", PluginContent("Warp.", "text"), None, {}, 5.0).to_json()
    found = heard(run.lambda_handler(event, Context()))

    assert (dict(found.results), list(found.warnings)) == ({"example": {"ok": True}}, [])
    assert [each["source"] for each in call("GET", "/plugins/example/logs")["items"]] == ["analyze"]
    assert call("GET", "/plugins/example")["health"] == "healthy"
    assert call("DELETE", "/plugins/example") == {"status": 204}
    assert call("GET", "/plugins")["items"] == []
