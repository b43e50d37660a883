"""The agent node as workflows have it: tools made from its config, a memory, passages, and what it says offline."""

from collections.abc import Iterator
from typing import Any

import pytest

from heddle.adapters.nodes.ai.agent import MATERIAL
from heddle.domain.engine.compile import compile_workflow
from heddle.domain.workflow.definition import parse_document
from heddle.errors import InvalidWorkflow, NodeError
from heddle.testing.node_runners import node_runners
from heddle.testing.run_workflow import FinishedRun, run_workflow
from heddle.testing.scripted_model import ScriptedModel, calls, says
from tests.support.ai_nodes import NOW, AiBench
from tests.unit.heddle.adapters.nodes.local_server import LocalServer, running

PASSAGES = [{"text": f"Filler number {n} about nothing at all.", "source": f"{n}.md"} for n in range(30)]
PASSAGES[17] = {"text": "The red button stops the conveyor belt at once.", "source": "belt.md"}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def server() -> Iterator[LocalServer]:
    server = LocalServer()
    with running(server, server.ended):
        yield server


def agent(
    model: ScriptedModel, *tools: dict[str, Any], secrets: Any = None, allowed: str = "", **config: Any
) -> FinishedRun:
    """Run a workflow of one agent over the input {"day": 3}."""
    given = {"prompt": "How is the weather?", "tools": list(tools), **config}
    document = {"name": "test", "nodes": [{"id": "n", "type": "agent", "config": given, "retry": {"max_attempts": 1}}]}
    runners = node_runners(ask=model, allowed_hosts=allowed)
    return run_workflow(document, {"day": 3}, runners=runners, secrets=secrets or {})


def shown(model: ScriptedModel) -> dict[str, Any]:
    """Return the first tool result that the model was shown last."""
    return dict(model.asked[-1].request.messages[-1]["content"][0])


def tool(type_: str, **fields: Any) -> dict[str, Any]:
    return {"type": type_, "name": "weather", "description": "Tells the weather.", "parameters": CITY, **fields}


def texts(messages: Any) -> list[str]:
    return [part["text"] for message in messages for part in message["content"]]


def problems(**config: Any) -> list[tuple[str, str]]:
    document = {"name": "test", "nodes": [{"id": "n", "type": "agent", "config": {"prompt": "x", **config}}]}
    try:
        compile_workflow(parse_document(document))
    except InvalidWorkflow as error:
        return [(problem.code, problem.path[len("nodes[0].config.") :]) for problem in error.problems]
    return []


# --- tools


def test_an_http_tool_sends_what_the_author_wrote_and_the_model_filled_in(server: LocalServer) -> None:
    model = ScriptedModel([calls(("weather", {"city": "Köln & Bonn"})), says("Fine.")])
    config = {
        "url": f"http://127.0.0.1:{server.port}/weather/{{{{ args.city | urlencode }}}}",
        "query": {"day": "{{ input.day }}"},
        "headers": {"Authorization": "Bearer {{ secrets.weather }}"},
    }

    run = agent(model, tool("http", config=config), secrets={"weather": "s3cret"}, allowed=f"127.0.0.1:{server.port}")

    method, path, headers, _ = server.seen[0]
    assert (run.status, method, headers["authorization"]) == ("succeeded", "GET", "Bearer s3cret")
    assert path == "/weather/K%C3%B6ln%20%26%20Bonn?day=3"
    assert headers["idempotency-key"] == "run-1.n#1#c1"
    assert '"status": 200' in shown(model)["content"]
    assert "s3cret" not in str(run.events) + str(model.asked)


def test_arguments_do_not_lead_to_another_host(server: LocalServer) -> None:
    model = ScriptedModel([calls(("weather", {"city": "@evil.example/"})), says("Sorry.")])
    url = f"http://127.0.0.1:{server.port}/{{{{ args.city }}}}"
    elsewhere = tool("http", config={"url": "{{ args.city }}"}, hosts=["api.example", "*.weather.example"])
    model_of_hosts = ScriptedModel([calls(("weather", {"city": "https://evil.example/api.example"})), says("Sorry.")])

    agent(model, tool("http", config={"url": url}), allowed=f"127.0.0.1:{server.port}")
    agent(model_of_hosts, elsewhere)

    assert server.seen[0][1] == "/@evil.example/"
    assert "tool_host_not_allowed" in shown(model_of_hosts)["content"]


def test_a_failed_request_is_told_to_the_model(server: LocalServer) -> None:
    model = ScriptedModel([calls(("weather", {"city": "Bonn"})), says("It is down.")])
    url = f"http://127.0.0.1:{server.port}/status/503"

    run = agent(model, tool("http", config={"url": url}), allowed=f"127.0.0.1:{server.port}")

    assert (run.status, shown(model)["is_error"]) == ("succeeded", True)
    assert "http_status" in shown(model)["content"]


def test_a_cheap_node_is_a_tool() -> None:
    model = ScriptedModel([calls(("weather", {"city": "b"})), says("Fine.")])
    config = {"items": ["aa", "bb", "ab"], "where": "{{ args.city in item and input.day == 3 }}"}

    agent(model, tool("filter", config=config))

    assert shown(model)["content"] == '["bb", "ab"]'


def test_an_expression_that_fails_is_told_to_the_model() -> None:
    model = ScriptedModel([calls(("weather", {"city": "b"})), says("Fine.")])

    agent(model, tool("template", config={"template": "{{ args.town }}"}))

    assert "expression_undefined" in shown(model)["content"]


def test_the_search_tool_finds_numbered_passages_that_the_answer_cites() -> None:
    model = ScriptedModel([calls(("search", {"query": "what stops the belt?", "limit": 1})), says("The button [18].")])

    run = agent(model, {"type": "search"}, context=PASSAGES)

    assert '"n": 18' in shown(model)["content"] and '"searched": 30' in shown(model)["content"]
    assert model.asked[0].request.context == (), "the passages are looked up, not all read"
    assert [citation["source"] for citation in run.output_of("n")["citations"]] == ["belt.md"]


def test_without_a_search_tool_the_passages_are_in_the_request() -> None:
    model = ScriptedModel([says("The button [18].")])

    run = agent(model, context=PASSAGES)

    assert len(model.asked[0].request.context) == 30
    assert run.output_of("n")["citations"][0]["n"] == 18


def test_a_model_is_shown_where_a_passage_stands_and_so_are_readers() -> None:
    model = ScriptedModel([calls(("search", {"query": "oil"})), says("Every two hours [1].")])
    passage = {"text": "Oil the belt every two hours.", "source": "manual.pdf", "heading": "Care", "page": 3}

    run = agent(model, {"type": "search"}, context=[passage, "Oil is flammable."])

    assert '"source": "manual.pdf", "heading": "Care", "page": 3' in shown(model)["content"]
    assert run.output_of("n")["citations"] == [{"n": 1, **passage, "id": None}]


# --- what is refused when a workflow is saved


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"system": "You are ${name}."}, ("WF_INVALID_CONFIG", "system")),
        ({"system": "You are <% name %>."}, ("WF_INVALID_CONFIG", "system")),
        ({"instructions": "left\u202eright"}, ("WF_INVALID_CONFIG", "instructions")),
        ({"system": ""}, ("WF_INVALID_CONFIG", "system")),
        ({"system": "x" * 100_001}, ("WF_INVALID_CONFIG", "system")),
        ({"tools": [{"type": "search"}]}, ("WF_INVALID_CONFIG", "")),
        ({"tools": "{{ input.tools }}"}, ("WF_EXPRESSION_NOT_ALLOWED", "tools")),
        ({"tools": [tool("router", config={})]}, ("WF_INVALID_CONFIG", "tools[0]")),
        ({"tools": [tool("http", config={"url": "https://{{ args.h }}/"})]}, ("WF_INVALID_CONFIG", "tools[0]")),
        ({"tools": [tool("http", config={"url": "https://a.example{{ args.h }}"})]}, ("WF_INVALID_CONFIG", "tools[0]")),
        ({"tools": [tool("http", config={"method": "GET"})]}, ("WF_INVALID_CONFIG", "tools[0].config.url")),
        (
            {"tools": [tool("http", config={"url": "https://a.example/{{ secrets.k }}"})]},
            ("WF_SECRET_NOT_ALLOWED", "tools[0].config.url"),
        ),
        (
            {"tools": [tool("workflow", workflow_id="w", input={"k": "{{ secrets.k }}"})]},
            ("WF_SECRET_NOT_ALLOWED", "tools[0].input.k"),
        ),
        (
            {"tools": [tool("template", config={"template": "a"}, description="{{ input.x }}")]},
            ("WF_EXPRESSION_NOT_ALLOWED", "tools[0].description"),
        ),
        (
            {"tools": [tool("template", config={"template": "{{ arguments.x }}"})]},
            ("WF_UNDECLARED_NAME", "tools"),
        ),
        (
            {"tools": [tool("set", config={"values": {"a": 1}}, parameters={"type": "array"})]},
            ("WF_INVALID_CONFIG", "tools[0].parameters"),
        ),
        (
            {"tools": [tool("set", config={"values": {"a": 1}}), tool("set", config={"values": {"a": 1}})]},
            ("WF_INVALID_CONFIG", ""),
        ),
        ({"output_schema": {"type": "objct"}}, ("WF_INVALID_CONFIG", "output_schema")),
        ({"max_cost_usd": 0}, ("WF_INVALID_CONFIG", "max_cost_usd")),
        ({"prompt_ref": "p"}, ("WF_INVALID_CONFIG", "")),
    ],
)
def test_what_could_not_work_or_must_not_is_named_with_its_place(config: Any, problem: tuple[str, str]) -> None:
    assert problem in problems(**config)


def test_secrets_are_allowed_where_an_http_tool_keeps_them() -> None:
    config = {"url": "https://a.example/{{ args.city }}", "headers": {"x": "{{ secrets.k }}"}}

    assert problems(tools=[tool("http", config=config)]) == []


# --- what the model is told


def test_results_are_material_and_not_orders() -> None:
    model = ScriptedModel([says("Fine.")])

    agent(model, system="You are Heddle.", instructions="Be brief.")

    assert model.asked[0].request.system == f"You are Heddle.\n\nBe brief.\n\n{MATERIAL}"


def test_with_tools_the_schema_is_told_in_words_and_the_answer_is_checked() -> None:
    model = ScriptedModel([says("20"), says('{"degrees": 20}')])
    schema = {"type": "object", "required": ["degrees"]}

    run = agent(model, tool("template", config={"template": "a"}), output_schema=schema)

    request = model.asked[0].request
    assert (request.output_schema, '"required": ["degrees"]' in request.system) == (None, True)
    assert run.output_of("n")["output"] == {"degrees": 20}


def test_the_output_tells_steps_and_tools_and_the_usage_is_the_sum() -> None:
    model = ScriptedModel([calls(("weather", {"city": "b"})), says("Fine.")])

    run = agent(model, tool("template", config={"template": "sunny"}))

    output = run.output_of("n")
    assert (output["text"], output["steps"], output["extractive"]) == ("Fine.", 2, False)
    assert output["tool_calls"] == [{"step": 1, "tool": "weather", "is_error": False}]
    assert run.state.usage["cost_usd"] == "0.002"


# --- offline


def test_without_a_model_an_agent_quotes_its_passages() -> None:
    output = AiBench().run("agent", prompt="What stops the conveyor belt?", context=PASSAGES).output

    assert (output["extractive"], output["citations"][0]["source"]) == (True, "belt.md")


def test_without_a_model_each_section_has_a_number_of_its_own() -> None:
    texts = {
        "Buttons": "The red button stops the conveyor belt at once.",
        "Cords": "Somebody who pulls the cord overhead stops the conveyor belt too, within two seconds.",
    }
    sections = [{"text": text, "source": "belt.md", "heading": heading} for heading, text in texts.items()]

    output = AiBench().run("agent", prompt="What stops the conveyor belt?", context=sections).output

    assert [(cited["n"], cited["heading"]) for cited in output["citations"]] == [(1, "Buttons"), (2, "Cords")]


def test_without_a_model_the_search_is_done_for_it() -> None:
    output = (
        AiBench()
        .run("agent", prompt="What stops the conveyor belt?", context=PASSAGES, tools=[{"type": "search"}])
        .output
    )

    assert "The red button stops the conveyor belt" in output["text"]


def test_json_needs_a_model() -> None:
    with pytest.raises(NodeError) as refused:
        AiBench().run("agent", prompt="x", output_schema={"type": "object"})

    assert refused.value.code == "llm_needs_model"


# --- memory


def test_a_session_is_recalled_and_kept() -> None:
    bench = AiBench([says("Hello Ada."), says("You are Ada.")])
    memory = {"session": "chat-1"}

    bench.run("agent", prompt="I am Ada.", memory=memory, task={"run_id": "r1"})
    bench.run("agent", prompt="Who am I?", memory=memory, task={"run_id": "r2"})
    bench.run("agent", prompt="Who am I?", memory={"session": "chat-2"}, task={"run_id": "r3"})

    told = [texts(asked.history) for asked in bench.requests]
    assert told == [[], ["I am Ada.", "Hello Ada."], []]


def test_another_tenant_recalls_nothing() -> None:
    bench = AiBench([says("Hello Ada.")])

    for tenant in ("acme", "evil"):
        bench.run("agent", prompt="I am Ada.", memory={"session": "s"}, task={"tenant": tenant})

    assert bench.requests[1].history == ()


def test_a_resumed_attempt_recalls_what_the_first_one_did() -> None:
    busy = NodeError("busy", code="llm_unavailable", retryable=True)
    bench = AiBench([calls(("weather", {"city": "b"})), busy, says("Done.")])
    config: dict[str, Any] = {"memory": {"session": "s"}, "tools": [tool("template", config={"template": "a"})]}
    with pytest.raises(NodeError):
        bench.run("agent", prompt="Well?", **config)
    other = AiBench([says("In between.")], events=bench.events, memory=bench.memory)
    other.run("agent", prompt="And?", memory={"session": "s"}, task={"run_id": "r2"})

    result = bench.run("agent", prompt="Well?", **config, task={"attempt": 2})

    assert result.output["text"] == "Done."
    assert len(bench.model.asked) == 3, "the first step is not asked again"
    kept = bench.memory.recall("acme", "s", messages=10, now=NOW)
    assert texts(kept) == ["And?", "In between.", "Well?", "Done."]
