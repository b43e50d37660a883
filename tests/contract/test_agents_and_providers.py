"""An agent talks to every provider through its real SDK: tools, their results, bad arguments, JSON, and a crash."""

from typing import Any

import pytest

from heddle.adapters.memory.events import MemoryEventStore
from heddle.domain.events.envelope import StreamId
from heddle.testing.direct_models import DirectModels
from heddle.testing.node_runners import node_runners
from heddle.testing.run_workflow import FinishedRun, run_workflow
from tests.contract.model_adapters import REMOTE, adapter, aws_environment
from tests.contract.model_servers.server import Call, ModelServer, Reply

TOOL = {
    "type": "template",
    "name": "weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "config": {"template": "It is sunny in {{ args.city }}."},
}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


@pytest.fixture(params=REMOTE)
def kind(request: pytest.FixtureRequest, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> str:
    server.reset()
    aws_environment(server, monkeypatch)
    found: str = request.param
    return found


def run(kind: str, server: ModelServer, events: MemoryEventStore | None = None, **config: Any) -> FinishedRun:
    config = {"prompt": "How is the weather?", "model": kind, "tools": [TOOL], "timeout": 20, **config}
    node = {"id": "n", "type": "agent", "config": config, "retry": {"max_attempts": 2, "delay": 0}}
    models = DirectModels(kind, {kind: lambda: adapter(kind, server)})
    runners = node_runners(ask=models.ask, events=events)
    return run_workflow({"name": "test", "nodes": [node]}, runners=runners)


def test_tools_are_called_and_their_results_are_seen(kind: str, server: ModelServer) -> None:
    both = (Call("weather", {"city": "Bonn"}), Call("weather", {"city": "Rome"}))
    server.script([Reply("Let me look.", calls=both), Reply("Sunny in both.")])

    finished = run(kind, server)

    output = finished.output_of("n")
    assert (finished.status, output["text"], output["steps"], output["provider"]) == (
        "succeeded",
        "Sunny in both.",
        2,
        kind,
    )
    assert [call["is_error"] for call in output["tool_calls"]] == [False, False]
    shown = str(server.requests[-1][2])
    assert "sunny in Bonn" in shown and "sunny in Rome" in shown
    assert finished.state.usage["input_tokens"] == 2000


def test_malformed_arguments_go_back_as_an_error(kind: str, server: ModelServer) -> None:
    server.script([Reply("", calls=(Call("weather", '{"city": "Bo'),)), Reply("Sorry.")])

    output = run(kind, server).output_of("n")

    assert (output["text"], output["tool_calls"][0]["is_error"]) == ("Sorry.", True)
    assert "no JSON object" in str(server.requests[-1][2])


def test_json_that_breaks_its_schema_is_asked_for_again(kind: str, server: ModelServer) -> None:
    server.script([Reply('{"n": "three"}'), Reply('{"n": 3}')])

    output = run(kind, server, tools=[], output_schema=SCHEMA).output_of("n")

    assert output["output"] == {"n": 3}


def test_after_an_outage_only_the_call_that_failed_is_made_again(kind: str, server: ModelServer) -> None:
    events = MemoryEventStore()
    server.script([Reply("", calls=(Call("weather", {"city": "Bonn"}),)), Reply(fault="500"), Reply("Sunny.")])

    finished = run(kind, server, events)

    kinds = [event.type for event in events.read(StreamId("test", "conversation", "run-1.n")).events]
    assert (finished.status, finished.output_of("n")["text"]) == ("succeeded", "Sunny.")
    assert kinds == ["ModelCalled", "ToolCalled", "ModelCalled"]
    assert len(server.requests) == 3
