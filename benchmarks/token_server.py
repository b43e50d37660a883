"""A model that only talks: the streaming wire protocol of chat completions, in a process of its own.

Its answers are made before anybody asks, so that it is never slower than whoever reads.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORDS = ("warp", "weft", "loom", "thread", "shuttle", "heddle", "selvage", "bobbin")


@contextmanager
def token_server(tokens: int) -> Iterator[str]:
    """Serve answers of so many tokens; yields the address to give to an SDK as its base URL."""
    command = [sys.executable, "-m", "benchmarks.token_server", str(tokens)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


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


def _serve(connection: socket.socket, answer: bytes) -> None:
    with connection, suppress(ConnectionError):  # a client may close in the midst of an answer
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
    while missing > 0 and (received := connection.recv(65_536)):
        missing -= len(received)
    return missing <= 0


def main() -> None:
    """Serve whoever connects, and say where."""
    answer = _answer(int(sys.argv[1]))
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection, answer), daemon=True).start()


if __name__ == "__main__":
    main()
