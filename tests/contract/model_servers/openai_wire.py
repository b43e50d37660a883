"""The wire protocol of OpenAI's chat completions, as OpenAI, Azure, Gemini and Ollama speak it: JSON, and SSE."""

import json
from collections.abc import Iterator
from typing import Any

from tests.contract.model_servers.script import Reply

STREAM_TYPE = "text/event-stream; charset=utf-8"
_STOPS = {
    "end": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def refusal(word: str) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and body of an error."""

    def error(status: int, message: str, code: str | None, **headers: str) -> tuple[int, dict[str, str], Any]:
        return status, headers, {"error": {"message": message, "type": "x", "param": None, "code": code}}

    return {
        "401": error(401, "Incorrect API key provided: sk-very-secret", "invalid_api_key"),
        "429": error(429, "Rate limit reached", "rate_limit_exceeded", **{"retry-after": "7"}),
        "quota": error(429, "You exceeded your current quota", "insufficient_quota"),
        "too-long": error(400, "This model's maximum context length is 10 tokens", "context_length_exceeded"),
        "bad": error(400, "max_completion_tokens is too large, Bearer sk-very-secret", "invalid_value"),
        "filtered": error(400, "The response was filtered due to the content management policy", "content_filter"),
        "500": error(500, "The server had an error", None),
    }[word]


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.calls:
        message["tool_calls"] = [
            {"id": id, "type": "function", "function": {"name": call.name, "arguments": call.written}}
            for id, call in reply.identified()
        ]
    value = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": _STOPS[reply.why], "logprobs": None}],
    }
    return value | ({"usage": _usage(reply)} if reply.usage else {})


def shapeless() -> dict[str, Any]:
    """Return JSON that is no answer."""
    return {"id": "c", "object": "chat.completion", "choices": []}


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    """Give the events of a stream: deltas, the end, the usage if it was asked for, [DONE]."""

    def chunk(delta: dict[str, Any] | None, finish: str | None = None, usage: Any = None) -> bytes:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        return sse({**head, "choices": choices, "usage": usage})

    yield chunk({"role": "assistant", "content": ""})
    for piece in reply.pieces(reply.text):
        yield chunk({"content": piece})
    for index, (id, call) in enumerate(reply.identified()):
        function = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]})
        for piece in reply.pieces(call.written):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _STOPS[reply.why])
    if reply.usage and (body.get("stream_options") or {}).get("include_usage"):
        yield chunk(None, usage=_usage(reply))
    yield b"data: [DONE]\n\n"


def text_event(text: str, body: dict[str, Any]) -> bytes:
    """Return one event with text."""
    delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return sse({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": body["model"], "choices": [delta]})


def error_event() -> bytes:
    """Return an event that says that something broke."""
    return sse({"error": {"message": "The server is overloaded", "type": "overloaded_error", "code": None}})


def sse(value: Any) -> bytes:
    """Return one server-sent event without a name."""
    return f"data: {json.dumps(value)}\n\n".encode()


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": reply.cached_tokens,
            "cache_write_tokens": reply.cache_write_tokens,
        },
    }
