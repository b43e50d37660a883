"""Plugins in another function: its answer, and everything that keeps it from answering."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from heddle.adapters.aws.plugin_runner import MAX_PAYLOAD, LambdaPluginRunner
from heddle.application.plugins.wire import asked, told
from heddle.application.ports.plugins import PluginContent, PluginResults, PluginWarning

CONTENT = PluginContent("Warp and weft.", "html", {"title": "Looms"})
FOUND = PluginResults({"word-count": {"words": 3}}, [PluginWarning("loop", "plugin_timeout", "too long")])


class Function:
    """A Lambda client whose function answers as it was told to."""

    def __init__(self, answer: Any, **reply: Any) -> None:
        self._answer, self._reply = answer, reply
        self.events: list[dict[str, Any]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.events.append(json.loads(Payload))
        if isinstance(self._answer, Exception):
            raise self._answer
        return {"Payload": io.BytesIO(json.dumps(self._answer).encode()), **self._reply}


def run(function: Any, content: PluginContent = CONTENT, **options: Any) -> PluginResults:
    return LambdaPluginRunner(function, "run-plugins").run("acme", content, **options)


def test_what_is_asked_and_what_is_found_come_over_the_wire_as_they_were() -> None:
    function = Function(told(FOUND))

    found = run(function, names=("word-count", "loop"), params={"loop": {"n": 1}}, seconds=5.0)

    assert found == FOUND
    asking = asked(function.events[0])
    assert (asking.tenant, asking.content, asking.names) == ("acme", CONTENT, ["word-count", "loop"])
    assert (asking.params, asking.seconds) == ({"loop": {"n": 1}}, 5.0)


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (Function({"errorType": "Runtime.ExitError"}, FunctionError="Unhandled"), "plugin_host_failed"),
        (Function(None, FunctionError="Unhandled"), "plugin_host_failed"),
        (
            Function(ClientError({"Error": {"Code": "TooManyRequestsException"}}, "Invoke")),
            "plugin_host_failed",
        ),
        (Function(EndpointConnectionError(endpoint_url="https://lambda")), "plugin_host_failed"),
    ],
)
def test_a_host_that_fails_is_a_warning(function: Function, code: str) -> None:
    found = run(function)

    assert (dict(found.results), [(each.plugin, each.code) for each in found.warnings]) == ({}, [("*", code)])


def test_content_that_is_too_large_is_not_sent() -> None:
    function = Function(told(FOUND))

    found = run(function, PluginContent("x" * MAX_PAYLOAD, "text"))

    assert [each.code for each in found.warnings] == ["plugin_content_too_large"]
    assert not function.events
