"""What every model provider promises of an answer, whole or streamed."""

import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from heddle.adapters.models.extractive import ExtractiveProvider
from heddle.application.ports.models import (
    Completion,
    CompletionRequest,
    ImagePart,
    Message,
    ModelProvider,
    ToolSpec,
)
from tests.contract.model_adapters import MODELS, OPENAI_FAMILY, REMOTE, adapter, ask, aws_environment, completed
from tests.contract.model_servers.server import ANSWER, Call, ModelServer, Reply, model_server
from tests.contract.model_servers.side_routes import COUNTED

CONTEXT: tuple[dict[str, Any], ...] = (
    {"id": "p1", "text": "Cotton grows on shrubs in warm countries.", "source": "cotton.md"},
    {"id": "p2", "text": "A loom weaves threads into cloth of any width.", "source": "loom.md"},
)
WEATHER = ToolSpec("get_weather", "Says the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})
CLOCK = ToolSpec("get_time", "Says the time.", {"type": "object", "properties": {"city": {"type": "string"}}})
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

Way = Callable[[ModelProvider, CompletionRequest], Completion]
WAYS: dict[str, Way] = {
    "whole": lambda provider, request: provider.complete(request),
    "streamed": lambda provider, request: completed(provider.stream(request))[1],
}


@pytest.fixture
def provider(request: pytest.FixtureRequest, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelProvider:
    server.reset()
    aws_environment(server, monkeypatch)
    return ExtractiveProvider() if request.param == "extractive" else adapter(request.param, server)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def body(server: ModelServer) -> dict[str, Any]:
    assert len(server.requests) == 1
    return server.requests[0][2]


@pytest.mark.parametrize("provider", [*REMOTE, "extractive"], indirect=True)
def test_an_answer_cites_the_passages_that_it_rests_on(provider: ModelProvider, way: Way) -> None:
    completion = way(provider, ask(context=CONTEXT))

    assert completion.text
    assert completion.stop_reason == "end"
    assert completion.input_tokens > 0
    assert completion.output_tokens > 0
    assert [(one["source"], one["id"]) for one in completion.citations] == [("loom.md", "p2")]
    assert f"[{completion.citations[0]['n']}]" in completion.text


@pytest.mark.parametrize("provider", [*REMOTE, "extractive"], indirect=True)
def test_without_context_nothing_is_cited(provider: ModelProvider, way: Way) -> None:
    completion = way(provider, ask("Weaving is an old craft of many peoples. What is it?"))

    assert completion.text
    assert completion.citations == ()


@pytest.mark.parametrize("provider", [*REMOTE, "extractive"], indirect=True)
def test_the_pieces_of_a_stream_are_the_text_of_its_completion(provider: ModelProvider) -> None:
    request = ask("Looms are older than any written word. Cloth is woven on them every single day.")

    pieces, completion = completed(provider.stream(request))

    assert len(pieces) > 1
    assert "".join(pieces) == completion.text == provider.complete(request).text


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_the_model_gets_system_prompt_numbered_passages_and_limits(
    provider: ModelProvider, server: ModelServer, way: Way
) -> None:
    request = ask(context=CONTEXT, system="Be brief.", max_tokens=77, temperature=0.5, model="m-2", stop=("###",))

    completion = way(provider, request)

    text = json.dumps(body(server)) + server.requests[0][0]
    assert completion.text == ANSWER
    assert completion.model == "m-2"
    for sent in ("Be brief.", "[2] (loom.md)", "77", "0.5", "m-2", "###"):
        assert sent in text


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_a_request_without_a_model_means_the_default(provider: ModelProvider, way: Way) -> None:
    assert way(provider, ask()).model in MODELS.values()


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
@pytest.mark.parametrize(("word", "reason"), [("cut", "max_tokens"), ("nothing", "end")])
def test_the_reason_to_stop_is_one_of_ours(provider: ModelProvider, way: Way, word: str, reason: str) -> None:
    assert way(provider, ask(f"please-{word}")).stop_reason == reason


@pytest.mark.parametrize("provider", ["anthropic", "bedrock"], indirect=True)
def test_a_stop_sequence_is_told_where_the_provider_tells_it(provider: ModelProvider, way: Way) -> None:
    assert way(provider, ask("please-stop")).stop_reason == "stop_sequence"


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_cached_tokens_are_part_of_all_input_tokens(provider: ModelProvider, way: Way) -> None:
    completion = way(provider, ask("please-cached"))

    assert (completion.input_tokens, completion.cached_tokens, completion.output_tokens) == (1000, 400, 100)
    assert completion.cache_write_tokens == 50
    assert not completion.usage_estimated


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_an_answer_without_usage_is_never_free(provider: ModelProvider, way: Way) -> None:
    completion = way(provider, ask("please-uncounted"))

    assert completion.usage_estimated
    assert completion.input_tokens >= len("please-uncounted") // 4
    assert completion.output_tokens >= len(ANSWER) // 4


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_a_tool_call_comes_with_its_arguments_and_an_id(provider: ModelProvider, way: Way) -> None:
    completion = way(provider, ask("please-tool", tools=(WEATHER,)))

    (call,) = completion.tool_calls
    assert completion.stop_reason == "tool_use"
    assert completion.text == "Let me look."
    assert (call["name"], call["arguments"], json.loads(call["raw"])) == (
        "get_weather",
        {"city": "Paris"},
        {"city": "Paris"},
    )
    assert call["id"]


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_tool_calls_may_come_side_by_side(provider: ModelProvider, way: Way) -> None:
    completion = way(provider, ask("please-tools", tools=(WEATHER, CLOCK)))

    assert [(call["name"], call["arguments"]) for call in completion.tool_calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"city": "Rome"}),
    ]
    assert len({call["id"] for call in completion.tool_calls}) == 2


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_malformed_arguments_are_kept_as_the_model_wrote_them(provider: ModelProvider, way: Way) -> None:
    (call,) = way(provider, ask("please-malformed", tools=(WEATHER,))).tool_calls

    assert (call["arguments"], call["raw"]) == (None, '{"city": "Par')


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_a_call_without_arguments_has_an_empty_object(provider: ModelProvider, way: Way, server: ModelServer) -> None:
    server.script([Reply(text="", calls=(Call("get_time", {}),))])

    (call,) = way(provider, ask("What time is it?", tools=(CLOCK,))).tool_calls

    assert call["arguments"] == {}


def conversation(arguments: dict[str, Any] | None = None, raw: str = "") -> tuple[Message, ...]:
    call: Any = {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": arguments, "raw": raw}
    result: Any = {"type": "tool_result", "id": "c1", "name": "get_weather", "content": "Rain", "is_error": True}
    return (
        Message(role="assistant", content=[{"type": "text", "text": "Let me look."}, call]),
        Message(role="user", content=[{"type": "text", "text": "Be quick."}]),
        Message(role="user", content=[result]),
    )


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_history_prompt_and_results_make_one_conversation(
    provider: ModelProvider, way: Way, server: ModelServer
) -> None:
    earlier = (
        Message(role="user", content=[{"type": "text", "text": "Hello"}]),
        Message(role="assistant", content=[{"type": "text", "text": "Good day"}, {"type": "text", "text": " "}]),
    )

    way(provider, ask("Weather?", history=earlier, messages=conversation({"city": "Paris"}), tools=(WEATHER,)))

    sent = [message for message in body(server)["messages"] if message["role"] != "system"]
    roles = [message["role"] for message in sent]
    text = json.dumps(sent)
    assert roles in (
        ["user", "assistant", "user", "assistant", "user"],
        ["user", "assistant", "user", "assistant", "tool", "user"],
    )
    order = [
        text.index(word) for word in ("Hello", "Good day", "Weather?", "Let me look.", "Paris", "Rain", "Be quick.")
    ]
    assert order == sorted(order)


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_malformed_arguments_go_back_as_an_object(provider: ModelProvider, server: ModelServer) -> None:
    provider.complete(ask("Weather?", messages=conversation(None, '{"city": "Par'), tools=(WEATHER,)))

    assert "malformed_arguments" in json.dumps(body(server)["messages"])


@pytest.mark.parametrize("provider", ["anthropic", "bedrock"], indirect=True)
def test_tools_of_the_conversation_are_declared_where_the_provider_insists(
    provider: ModelProvider, server: ModelServer
) -> None:
    provider.complete(ask("Weather?", messages=conversation({"city": "Paris"})))

    assert "get_weather" in json.dumps(body(server).get("tools") or body(server).get("toolConfig"))


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
@pytest.mark.parametrize(
    ("choice", "words"),
    [("auto", ("auto", None)), ("required", ("required", "any")), ("none", ("none", "Do not call any tool."))],
)
def test_the_choice_of_tools_is_said_in_the_providers_words(
    provider: ModelProvider, server: ModelServer, choice: Any, words: tuple[str | None, ...]
) -> None:
    messages = conversation({"city": "Paris"})

    provider.complete(ask("Weather?", tools=(WEATHER,), tool_choice=choice, messages=messages))

    sent = body(server)
    chosen = sent.get("tool_choice") or sent.get("toolConfig", {}).get("toolChoice")
    said = json.dumps([chosen, sent.get("system")])
    assert any(word in said for word in words if word) or (chosen is None and None in words)


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_an_answer_of_a_schema_is_asked_for(provider: ModelProvider, way: Way, server: ModelServer) -> None:
    server.script([Reply(text='{"name": "Ada", "age": 36}')])

    completion = way(provider, ask("Who?", output_schema=SCHEMA))

    assert json.loads(completion.text) == {"name": "Ada", "age": 36}
    assert '\\"age\\"' in json.dumps(body(server)) or '"age"' in json.dumps(body(server))


def test_a_schema_goes_the_providers_own_way_where_it_has_one(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reset()
    aws_environment(server, monkeypatch)
    claude = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
    for kind, model in (("openai", "m"), ("anthropic", "claude-haiku-4-5"), ("bedrock", claude)):
        adapter(kind, server).complete(ask("Who?", output_schema=SCHEMA, model=model))

    first, second, third = (sent for _, _, sent in server.requests)
    assert first["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    assert second["output_config"]["format"]["schema"]["required"] == ["name", "age"]
    inner = third["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]
    assert json.loads(inner)["additionalProperties"] is False


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_images_are_sent_along(provider: ModelProvider, server: ModelServer, way: Way) -> None:
    image = ImagePart(type="image", media_type="image/png", data=PIXEL)

    way(provider, ask("What is this?", images=(image,)))

    assert PIXEL in json.dumps(body(server)["messages"])
    assert "png" in json.dumps(body(server)["messages"])


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_a_prompt_without_text_is_left_out(provider: ModelProvider, server: ModelServer) -> None:
    history = (Message(role="user", content=[{"type": "text", "text": "Go on"}]),)

    provider.complete(ask("", history=history))

    assert len([message for message in body(server)["messages"] if message["role"] == "user"]) == 1


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_input_tokens_are_counted_where_that_is_free(provider: ModelProvider, server: ModelServer) -> None:
    counted = provider.input_tokens(ask(tools=(WEATHER,), system="Be brief.", output_schema=SCHEMA, context=CONTEXT))

    assert counted == (COUNTED if server.requests else None)
    assert all("count" in path for path, _, _ in server.requests)


@pytest.mark.parametrize("kind", ["anthropic", "bedrock"])
def test_counting_that_is_not_possible_is_no_error(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with model_server() as gone:
        aws_environment(gone, monkeypatch)
        provider = adapter(kind, gone)

    assert provider.input_tokens(ask(timeout=2.0)) is None


def test_a_model_that_bedrock_does_not_count_is_asked_about_once(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reset()
    aws_environment(server, monkeypatch)
    provider = adapter("bedrock", server)

    assert [provider.input_tokens(ask("please-uncountable")) for _ in range(3)] == [None, None, None]
    assert len(server.requests) == 1


def test_bedrock_is_asked_by_inference_profile_and_with_its_guardrail(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reset()
    aws_environment(server, monkeypatch)
    provider = adapter(
        "bedrock", server, profiles={"m": "eu.m"}, guardrail="g-1", guardrail_version="3", region="eu-west-3"
    )

    completions = [way(provider, ask(model="m")) for way in WAYS.values()]

    paths = [path for path, _, _ in server.requests]
    assert paths == ["/model/eu.m/converse", "/model/eu.m/converse-stream"]
    assert [one.model for one in completions] == ["m", "m"]
    wanted = {"guardrailIdentifier": "g-1", "guardrailVersion": "3"}
    assert all(sent["guardrailConfig"] == wanted for _, _, sent in server.requests)
    assert "eu-west-3" in server.requests[0][1]["authorization"]


def test_azure_is_asked_by_deployment_and_version(server: ModelServer) -> None:
    server.reset()

    adapter("azure-openai", server, api_version="2025-01-01").complete(ask(model="gpt-5-eu"))

    path, headers, _ = server.requests[0]
    assert path == "/openai/deployments/gpt-5-eu/chat/completions?api-version=2025-01-01"
    assert headers["api-key"] == "sk-very-secret"


@pytest.mark.parametrize("kind", OPENAI_FAMILY)
def test_each_speaker_of_the_openai_api_gets_the_limit_by_its_own_name(kind: str, server: ModelServer) -> None:
    server.reset()

    adapter(kind, server).complete(ask(max_tokens=9))

    names = {"max_tokens", "max_completion_tokens"} & body(server).keys()
    assert names == {"max_completion_tokens" if kind in ("openai", "azure-openai") else "max_tokens"}


def test_a_signature_of_gemini_goes_back_with_its_call(server: ModelServer) -> None:
    server.reset()
    assistant, *rest = conversation({"city": "Paris"})
    cast(dict[str, Any], assistant["content"][1])["signature"] = "sig-1"

    adapter("gemini", server).complete(ask("Weather?", messages=(assistant, *rest), tools=(WEATHER,)))

    calls = next(message for message in body(server)["messages"] if message.get("tool_calls"))["tool_calls"]
    assert calls[0]["extra_content"] == {"google": {"thought_signature": "sig-1"}}
