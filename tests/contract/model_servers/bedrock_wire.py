"""The wire protocol of Bedrock's Converse: JSON, and frames of application/vnd.amazon.eventstream.

total length · headers' length · CRC of these │ headers │ payload │ CRC of everything before
"""

import json
import struct
from collections.abc import Iterator
from typing import Any
from zlib import crc32

from tests.contract.model_servers.script import Reply

STREAM_TYPE = "application/vnd.amazon.eventstream"
_STOPS = {"end": "end_turn", "refusal": "content_filtered"}
_TEXT = 7  # type of a header's value


def refusal(word: str) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and body of an error."""

    def error(status: int, kind: str, message: str, **headers: str) -> tuple[int, dict[str, str], Any]:
        return status, {"x-amzn-errortype": kind, **headers}, {"message": message}

    return {
        "401": error(403, "AccessDeniedException", "You don't have access to the model, sk-very-secret"),
        "429": error(429, "ThrottlingException", "Too many requests", **{"retry-after": "7"}),
        "quota": error(400, "ServiceQuotaExceededException", "Your quota is exceeded"),
        "too-long": error(400, "ValidationException", "Input is too long for requested model."),
        "bad": error(400, "ValidationException", "The provided model identifier is invalid, Bearer sk-very-secret"),
        "filtered": error(400, "ValidationException", "Output blocked by content filtering policy"),
        "500": error(503, "ServiceUnavailableException", "Bedrock is unable to process your request"),
    }[word]


def whole(reply: Reply, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a whole answer."""
    content: list[dict[str, Any]] = [{"text": reply.text}] if reply.text else []
    for id, call in reply.identified():
        content.append({"toolUse": {"toolUseId": id, "name": call.name, "input": call.arguments}})
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": _STOPS.get(reply.why, reply.why),
        "metrics": {"latencyMs": 1},
        **({"usage": _usage(reply)} if reply.usage else {}),
    }


def shapeless() -> dict[str, Any]:
    """Return JSON that is no answer."""
    return {}


def events(reply: Reply, body: dict[str, Any]) -> Iterator[bytes]:
    """Give the frames of a stream: the usage comes behind the end."""
    yield frame("messageStart", {"role": "assistant"})
    index = 0
    if reply.text:
        for piece in reply.pieces(reply.text):
            yield text_event(piece, body)
        yield frame("contentBlockStop", {"contentBlockIndex": 0})
        index = 1
    for id, call in reply.identified():
        start = {"toolUse": {"toolUseId": id, "name": call.name}}
        yield frame("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for piece in reply.pieces(call.written):
            yield frame("contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}})
        yield frame("contentBlockStop", {"contentBlockIndex": index})
        index += 1
    yield frame("messageStop", {"stopReason": _STOPS.get(reply.why, reply.why)})
    if reply.usage:
        yield frame("metadata", {"usage": _usage(reply), "metrics": {"latencyMs": 1}})


def text_event(text: str, body: dict[str, Any]) -> bytes:
    """Return one frame with text."""
    return frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})


def error_event() -> bytes:
    """Return a frame that says that something broke."""
    return frame("serviceUnavailableException", {"message": "Overloaded"}, message_type="exception")


def frame(name: str, payload: dict[str, Any], *, message_type: str = "event") -> bytes:
    """Return one message of the event stream."""
    kind = ":exception-type" if message_type == "exception" else ":event-type"
    headers = b""
    for key, value in {kind: name, ":content-type": "application/json", ":message-type": message_type}.items():
        headers += struct.pack(">B", len(key)) + key.encode() + struct.pack(">BH", _TEXT, len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + body
    return message + struct.pack(">I", crc32(message))


def _usage(reply: Reply) -> dict[str, Any]:
    """Return the tokens; what came from the cache is counted apart."""
    return {
        "inputTokens": reply.input_tokens - reply.cached_tokens - reply.cache_write_tokens,
        "cacheReadInputTokens": reply.cached_tokens,
        "cacheWriteInputTokens": reply.cache_write_tokens,
        "outputTokens": reply.output_tokens,
        "totalTokens": reply.input_tokens + reply.output_tokens,
    }
