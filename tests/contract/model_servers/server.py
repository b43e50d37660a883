"""A local server that speaks the wire protocols of the model providers, and fails in their ways when told to.

What it does is decided by a word in the prompt, because that is all the adapters let through:
`please-401`, `please-429`, `please-quota`, `please-500`, `please-slow`, `please-garbage`, `please-shapeless`,
`please-too-long`, `please-filter`, `please-hang-up`, `please-cut`; anything else is answered.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], Any]
ANSWER = "Looms weave cloth [2]. They are old [9]."


def openai_reply(word: str, body: dict[str, Any]) -> Reply:
    """Answer POST /v1/chat/completions."""

    def error(status: int, message: str, code: str | None, **headers: str) -> Reply:
        return status, headers, {"error": {"message": message, "type": "x", "param": None, "code": code}}

    if word == "401":
        return error(401, "Incorrect API key provided: sk-very-secret", "invalid_api_key")
    if word == "429":
        return error(429, "Rate limit reached", "rate_limit_exceeded", **{"retry-after": "7"})
    if word == "quota":
        return error(429, "You exceeded your current quota", "insufficient_quota")
    if word == "too-long":
        return error(400, "This model's maximum context length is 10 tokens", "context_length_exceeded")
    if word == "bad":
        return error(400, "max_completion_tokens is too large", "invalid_value")
    if word == "500":
        return error(500, "The server had an error", None)
    message = {"role": "assistant", "content": ANSWER, "refusal": None}
    finish = "stop"
    if word == "filter":
        message, finish = {"role": "assistant", "content": None, "refusal": "I can't help with that"}, "stop"
    if word == "cut":
        finish = "length"
    if word == "shapeless":
        return 200, {}, {"id": "c", "object": "chat.completion", "choices": []}
    return 200, {}, {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }  # fmt: skip


def anthropic_reply(word: str, body: dict[str, Any]) -> Reply:
    """Answer POST /v1/messages."""

    def error(status: int, kind: str, message: str, **headers: str) -> Reply:
        return status, headers, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}

    if word == "401":
        return error(401, "authentication_error", "invalid x-api-key sk-very-secret")
    if word == "429":
        return error(429, "rate_limit_error", "This request would exceed your rate limit", **{"retry-after": "7"})
    if word == "quota":
        return error(400, "invalid_request_error", "Your credit balance is too low")
    if word == "too-long":
        return error(400, "invalid_request_error", "prompt is too long: 11 tokens > 10 maximum")
    if word == "bad":
        return error(400, "invalid_request_error", "max_tokens: must be lower")
    if word == "500":
        return error(529, "overloaded_error", "Overloaded")
    if word == "shapeless":
        return 200, {}, {"id": "m", "type": "message"}
    stop = {"filter": "refusal", "cut": "max_tokens"}.get(word, "end_turn")
    return 200, {}, {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [] if stop == "refusal" else [{"type": "text", "text": ANSWER}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 1000, "output_tokens": 100},
    }  # fmt: skip


def bedrock_reply(word: str, body: dict[str, Any]) -> Reply:
    """Answer POST /model/{id}/converse."""

    def error(status: int, kind: str, message: str, **headers: str) -> Reply:
        return status, {"x-amzn-errortype": kind, **headers}, {"message": message}

    if word == "401":
        return error(403, "AccessDeniedException", "You don't have access to the model, sk-very-secret")
    if word == "429":
        return error(429, "ThrottlingException", "Too many requests", **{"retry-after": "7"})
    if word == "quota":
        return error(400, "ServiceQuotaExceededException", "Your quota is exceeded")
    if word == "too-long":
        return error(400, "ValidationException", "Input is too long for requested model.")
    if word == "bad":
        return error(400, "ValidationException", "The provided model identifier is invalid.")
    if word == "500":
        return error(503, "ServiceUnavailableException", "Bedrock is unable to process your request")
    if word == "shapeless":
        return 200, {}, {}
    stop = {"filter": "content_filtered", "cut": "max_tokens"}.get(word, "end_turn")
    return 200, {}, {
        "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}]}},
        "stopReason": stop,
        "usage": {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100},
        "metrics": {"latencyMs": 1},
    }  # fmt: skip


class ModelServer(ThreadingHTTPServer):
    """Serves all three protocols; `requests` holds (path, headers, body) of what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        body = json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers, body))
        text = json.dumps(body["messages"])
        word = text.partition("please-")[2].partition(" ")[0].partition('"')[0].partition("\\")[0]
        if word == "slow":
            self.server.released.wait(20)
            self.close_connection = True
            return
        if word == "hang-up":
            self.close_connection = True
            return
        if word == "garbage":
            self._answer(200, {}, b"<html>this is no JSON")
            return
        reply = openai_reply if "chat/completions" in self.path else anthropic_reply
        status, more, value = (bedrock_reply if "converse" in self.path else reply)(word, body)
        self._answer(status, more, json.dumps(value).encode())

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run the server on a free port, for as long as the block lasts."""
    server = ModelServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
