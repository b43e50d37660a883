"""A local server that speaks the wire protocols of the model providers, and fails in their ways when told to.

    POST /v1/chat/completions, /v1beta/openai/chat/completions     OpenAI, Gemini, Ollama, whoever is compatible
    POST /openai/deployments/{model}/chat/completions              Azure OpenAI
    POST /v1/messages, /v1/messages/count_tokens                   Anthropic
    POST /model/{id}/converse[-stream], /count-tokens, /invoke     Bedrock
    POST …/embeddings                                              OpenAI's family

What is answered next was scripted, else is decided by a word in the last message (`please-429`, see `_FAULTS` and
`reply_to`), else is `ANSWER`:

    with model_server() as server:
        server.script([Reply("Let me see.", calls=(Call("search", {"q": "looms"}),)), Reply("They weave.")])
        provider = provider_for(ProviderConfig("mine", "openai-compatible", base_url=f"{server.url}/v1"), …)

A script is used up in order, by completions only; one that is `about` some words, by requests alone that hold them
all, in path or body, so that tests can share a server. A key that holds `wrong-key` is refused. As a process of its
own, `python -m tests.contract.model_servers.server PORT` (0: a free one), it prints its address, takes scripts by
`POST /script` (a list of objects with the fields of Reply), shows what it was asked by `GET /requests`, and forgets
both by `POST /reset`. Point a stage's functions at it with OPENAI_BASE_URL=http://127.0.0.1:PORT/v1,
ANTHROPIC_BASE_URL=http://127.0.0.1:PORT, and so on.
"""

import gzip
import json
import select
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, count, islice
from typing import Any

from tests.contract.model_servers import anthropic_wire, bedrock_wire, openai_wire, side_routes
from tests.contract.model_servers.script import ANSWER, REFUSED, Call, Reply, reply_from_json, reply_to

__all__ = ["ANSWER", "Call", "ModelServer", "Reply", "model_server"]

_FAULTS = {
    "slow": "the first byte never comes",
    "hang-up": "the connection ends before the first byte",
    "garbage": "a body that is no JSON, a stream that is no stream",
    "shapeless": "JSON that is no answer",
    "drip": "a whole answer of spaces that never ends; a stream of pings",
    "break": "a stream whose connection is lost after some pieces",
    "end-early": "a stream that ends in order, but before its end",
    "overload": "an error event after some pieces",
    "garbage-later": "nonsense after some pieces",
    "endless": "small pieces for ever, a hundred a second",
    "hush": "small pieces for most of a second, then nothing, though the connection stays",
    "flood": "large pieces for ever, as fast as they are taken; a whole answer that is so",
    "packed": "a body that is gzip, which nobody asked for",
}
"""Faults beside those with a status (`script.REFUSED`)."""
_PIECES_BEFORE = 4
_ACTIONS = ("converse-stream", "converse")


class ModelServer(ThreadingHTTPServer):
    """Serves all protocols; `requests` holds (path, headers, body) of what came."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.released = threading.Event()
        self.held = threading.Event()
        """Set when a stream had to wait because nobody read it."""
        self.left = threading.Event()
        """Set when a client went away in the middle of a stream."""
        self._scripts: dict[str, deque[Reply]] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def script(self, replies: Iterable[Reply], *, about: str = "") -> None:
        """Answer the next completions with these, in order: all of them, or those that hold every word of `about`."""
        self._scripts.setdefault(about, deque()).extend(replies)

    def asked(self, about: str) -> list[dict[str, Any]]:
        """Return the bodies of the requests so far that hold every word of `about`, in path or body."""
        return [body for path, _, body in list(self.requests) if _holds(path, body, about)]

    def reset(self) -> None:
        """Forget scripts and requests."""
        self.requests.clear()
        self._scripts.clear()
        self.held.clear()
        self.left.clear()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; anything else is a mistake in here."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def next_reply(self, path: str, body: dict[str, Any]) -> Reply:
        """Return what is to be answered now."""
        for about, script in list(self._scripts.items()):
            if _holds(path, body, about):
                with suppress(IndexError):
                    return script.popleft()
        return reply_to(body)


def _holds(path: str, body: dict[str, Any], about: str) -> bool:
    text = f"{path} {json.dumps(body)}" if about else ""
    return all(word in text for word in about.split())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ModelServer

    def do_GET(self) -> None:
        if self.path == "/requests":
            self._json(200, {}, [{"path": path, "body": body} for path, _, body in self.server.requests])
        else:
            self._json(404, {}, {"error": {"message": "no such route"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"null")
        path = self.path.partition("?")[0]
        if path == "/script":
            self.server.script(reply_from_json(entry) for entry in body)
            self._json(200, {}, {})
        elif path == "/reset":
            self.server.reset()
            self._json(200, {}, {})
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.requests.append((self.path, headers, body))
            aside = side_routes.answer(path, body)
            if aside is not None:
                self._json(*aside)
            else:
                self._complete(path, headers, body)

    def _complete(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        wire: Any = None
        streamed = bool(body.get("stream"))
        if path.endswith("/chat/completions"):
            wire = openai_wire
        elif path.endswith("/messages"):
            wire = anthropic_wire
        elif path.rpartition("/")[2] in _ACTIONS:
            wire, streamed = bedrock_wire, path.endswith("stream")
        if wire is None:
            self._json(404, {}, {"error": {"message": "no such route"}})
            return
        reply = self.server.next_reply(path, body)
        fault = reply.fault
        if any("wrong-key" in headers.get(name, "") for name in ("authorization", "api-key", "x-api-key")):
            fault = "401"
        if fault == "slow":
            self.server.released.wait(20)
            self.close_connection = True
        elif fault == "hang-up":
            self.close_connection = True
        elif fault in REFUSED:
            self._json(*wire.refusal(fault))
        elif fault == "garbage":
            kind = wire.STREAM_TYPE if streamed else "application/json"
            self._send(200, {"content-type": kind}, b"data: <html>this is no JSON\n\n")
        elif streamed:
            self._stream(wire, reply, body)
        elif fault == "drip":
            self._chunks("application/json", self._timed(b" "))
        elif fault == "flood":
            self._chunks("application/json", (b" " * 65536 for _ in count()))
        elif fault == "packed":
            self._send(200, {"content-type": "application/json", "content-encoding": "gzip"}, gzip.compress(b"{}"))
        else:
            self._json(200, {}, wire.shapeless() if fault == "shapeless" else wire.whole(reply, body))

    def _stream(self, wire: Any, reply: Reply, body: dict[str, Any]) -> None:
        events = wire.events(reply, body)
        some = islice(events, _PIECES_BEFORE)
        match reply.fault:
            case "shapeless":
                self._chunks(wire.STREAM_TYPE, iter([openai_wire.sse({"object": "nothing"})]))
            case "break":
                self._chunks(wire.STREAM_TYPE, some, whole=False)
            case "end-early":
                self._chunks(wire.STREAM_TYPE, some)
            case "overload":
                self._chunks(wire.STREAM_TYPE, [*some, wire.error_event()])
            case "garbage-later":
                self._chunks(wire.STREAM_TYPE, [*some, b"event: message_delta\ndata: {nonsense\n\n" * 9])
            case "drip":
                ping = b": ping\n\n" if wire is not bedrock_wire else bedrock_wire.frame("contentBlockStop", {})
                self._chunks(wire.STREAM_TYPE, self._timed(ping))
            case "endless":
                self._chunks(wire.STREAM_TYPE, self._timed(wire.text_event("word ", body)))
            case "hush":
                pieces = self._timed(wire.text_event("word ", body))
                self._chunks(wire.STREAM_TYPE, chain(islice(pieces, 80), self._silence()))
            case "flood":
                event = wire.text_event("word " * 4000, body)
                self._chunks(wire.STREAM_TYPE, (event for _ in count()))
            case _:
                self._chunks(wire.STREAM_TYPE, events)

    def _timed(self, piece: bytes) -> Iterator[bytes]:
        while not self.server.released.wait(0.01):
            yield piece

    def _silence(self) -> Iterator[bytes]:
        self.server.released.wait(20)
        yield b""

    def _chunks(self, kind: str, pieces: Iterable[bytes], *, whole: bool = True) -> None:
        """Send a body of unknown length; not `whole` is one whose connection breaks."""
        try:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for piece in pieces:
                if self.server.released.is_set():
                    break
                if not select.select([], [self.connection], [], 0.2)[1]:
                    self.server.held.set()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()
            if whole:
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.close_connection = True
        except OSError:
            self.close_connection = True
            self.server.left.set()

    def _json(self, status: int, headers: dict[str, str], value: Any) -> None:
        self._send(status, {"content-type": "application/json", **headers}, json.dumps(value).encode())

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def model_server(port: int = 0) -> Iterator[ModelServer]:
    """Run the server on a free port, for as long as the block lasts."""
    server = ModelServer(port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with ModelServer(int(sys.argv[1])) as running, suppress(KeyboardInterrupt):
        print(running.url, flush=True)
        running.serve_forever()
