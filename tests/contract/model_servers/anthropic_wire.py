"""The wire protocol of Anthropic's messages: JSON, and named server-sent events."""

import json
from collections.abc import Iterator
from typing import Any

from tests.contract.model_servers.script import Reply

STREAM_TYPE = "text/event-stream; charset=utf-8"
_STOPS = {"end": "end_turn", "refusal": "refusal"}


def refusal(word: str) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and body of an error."""

    def error(status: int, kind: str, message: str, **headers: str) -> tuple[int, dict[str, str], Any]:
        return status, headers, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}

    bad = "invalid_request_error"
    return {
        "401": error(401, "authentication_error", "invalid x-api-key sk-very-secret"),
        "429": error(429, "rate_limit_error", "This request would exceed your rate limit", **{"retry-after": "7"}),
        "quota": error(400, bad, "Your credit balance is too low"),
        "too-long": error(400, bad, "prompt is too long: 11 tokens > 10 maximum"),
        "bad": error(400, bad, "max_tokens: must be lower, Bearer sk-very-secret"),
        "filtered": error(400, bad, "Output blocked by content filtering policy"),
        "500": error(529, "overloaded_error", "Overloaded"),
    }[word]


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a whole answer."""
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    for id, call in reply.identified():
        content.append({"type": "tool_use", "id": id, "name": call.name, "input": call.arguments})
    return {
        **_head(body),
        "content": content,
        "stop_reason": _STOPS.get(reply.why, reply.why),
        **({"usage": _usage(reply)} if reply.usage else {}),
    }


def shapeless() -> dict[str, Any]:
    """Return JSON that is no answer."""
    return {"id": "m", "type": "message"}


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    """Give the events of a stream, in the order that the API promises."""
    begun = _usage(reply) | {"output_tokens": 1} if reply.usage else None
    yield sse("message_start", message={**_head(body), "content": [], "stop_reason": None, "usage": begun})
    yield sse("ping")
    index = 0
    if reply.text:
        yield sse("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for piece in reply.pieces(reply.text):
            yield text_event(piece, body)
        yield sse("content_block_stop", index=0)
        index = 1
    for id, call in reply.identified():
        block = {"type": "tool_use", "id": id, "name": call.name, "input": {}}
        yield sse("content_block_start", index=index, content_block=block)
        for piece in reply.pieces(call.written):
            delta = {"type": "input_json_delta", "partial_json": piece}
            yield sse("content_block_delta", index=index, delta=delta)
        yield sse("content_block_stop", index=index)
        index += 1
    ended = {"output_tokens": reply.output_tokens} if reply.usage else None
    yield sse("message_delta", delta={"stop_reason": _STOPS.get(reply.why, reply.why)}, usage=ended)
    yield sse("message_stop")


def text_event(text: str, body: dict[str, Any]) -> bytes:
    """Return one event with text."""
    return sse("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def error_event() -> bytes:
    """Return an event that says that something broke."""
    return sse("error", error={"type": "overloaded_error", "message": "Overloaded"})


def sse(name: str, **value: Any) -> bytes:
    """Return one server-sent event with a name."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **value})}\n\n".encode()


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}


def _usage(reply: Reply) -> dict[str, Any]:
    """Return the tokens; what came from the cache is counted apart."""
    return {
        "input_tokens": reply.input_tokens - reply.cached_tokens - reply.cache_write_tokens,
        "cache_read_input_tokens": reply.cached_tokens,
        "cache_creation_input_tokens": reply.cache_write_tokens,
        "output_tokens": reply.output_tokens,
    }
