"""The functions of nodes run what they host, and build it from their environment."""

from types import ModuleType
from typing import Any

import pytest

from functions.nodes.code import handler as code
from functions.nodes.emit import handler as emit
from functions.nodes.http import handler as http
from functions.nodes.llm import handler as llm
from functions.nodes.llm_anthropic import handler as llm_anthropic
from functions.nodes.llm_openai import handler as llm_openai
from functions.nodes.parse import handler as parse
from heddle.domain.nodes.spec import NodeResult
from heddle.runtime.settings import BadEnvironment
from tests.support.graphs import plan_of, work
from tests.support.lambdas import Context, sample
from tests.support.runs import Stage

ASKING = ("llm", "agent", "research", "write", "classify", "extract", "summarise", "embed")
HANDLERS: dict[str, Any] = {
    "http": (http, "http"),
    "parse": (parse, "parse", "analyze"),
    "emit": (emit, "emit"),
    "code": (code, "code"),
    "llm": (llm, *ASKING),
    "llm_openai": (llm_openai, *ASKING),
    "llm_anthropic": (llm_anthropic, *ASKING),
}
ENVIRONMENT = {
    "EVENT_TABLE": "events",
    "CATALOG_TABLE": "catalog",
    "RUNS_TABLE": "runs",
    "SPEND_TABLE": "spend",
    "REALTIME_TABLE": "realtime",
    "TASK_QUEUE_URL": "https://sqs.test/tasks",
    "PAYLOAD_BUCKET": "payloads",
    "EVENT_BUS": "bus",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_hosts_its_node_types_under_its_key(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handler, *node_types = HANDLERS[function]
    for name, value in {**ENVIRONMENT, "HOSTED": function}.items():
        monkeypatch.setenv(name, value)

    runner = handler.strand_runner.__wrapped__()

    assert set(runner.runners) == set(node_types)
    assert runner.hosted == {function}


@pytest.mark.parametrize("function", HANDLERS)
def test_a_missing_variable_is_named(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = HANDLERS[function][0]
    monkeypatch.delenv("EVENT_TABLE", raising=False)

    with pytest.raises(BadEnvironment, match="EVENT_TABLE"):
        handler.strand_runner.__wrapped__()


@pytest.mark.parametrize("module", [http, parse, emit, code, llm, llm_openai, llm_anthropic])
def test_a_function_runs_its_node_and_goes_on_with_the_strand(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(runners={"work": lambda task: NodeResult({"by": task.node_id})})
    stage.save(plan_of([work("a"), work("b")], [("a", "b")], outputs="{{ nodes.b.output }}"))
    run = stage.start()
    monkeypatch.setattr(module, "strand_runner", lambda: stage.kernel)

    step = module.lambda_handler(sample("advance"), Context(seconds=900))

    assert step == {"next": "end"}
    assert stage.state(run).output == {"by": "b"}
