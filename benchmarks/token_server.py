"""A model that only talks: the streaming wire protocol of chat completions, in a process of its own.

Its answers are made before anybody asks, so that it is never slower than whoever reads.
"""

import json
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager

WORDS = ("warp", "weft", "loom", "thread", "shuttle", "heddle", "selvage", "bobbin")


@contextmanager
def token_server(tokens: int) -> Iterator[str]:
    """Serve answers of so many tokens; yields the address to give to an SDK as its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, tokens), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        process.terminate()
        process.join()
        listener.close()


def words(tokens: int) -> list[str]:
    """Return the pieces of the answer."""
    return [f" {WORDS[number % len(WORDS)]}" for number in range(tokens)]


def _answer(tokens: int) -> bytes:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "talker"}

    def chunk(delta: dict[str, str], reason: str | None = None) -> dict[str, object]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": tokens + 10}
    chunks = [chunk({"role": "assistant", "content": ""}), *[chunk({"content": word}) for word in words(tokens)]]
    chunks += [chunk({}, "stop"), {**head, "choices": [], "usage": usage}]
    body = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks) + b"data: [DONE]\n\n"
    lines = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    return lines.encode() + body


def _serve(listener: socket.socket, tokens: int) -> None:
    answer = _answer(tokens)
    while True:
        connection, _ = listener.accept()
        with connection:
            while _asked(connection):
                connection.sendall(answer)


def _asked(connection: socket.socket) -> bool:
    """Read one request; False when there is none any more."""
    request = b""
    while b"\r\n\r\n" not in request:
        received = connection.recv(65_536)
        if not received:
            return False
        request += received
    head, _, body = request.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    missing = int(fields[b"content-length"]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65_536))
    return True
