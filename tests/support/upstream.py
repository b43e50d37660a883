"""A small HTTP server for the nodes of tests to call: it answers, refuses a few times, fails, or dawdles."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"
LONGEST = 20.0
"""How many seconds an answer of /slow takes at most, if the server is not closed before."""


@dataclass
class Upstream:
    """A server that is running. `calls` counts requests by method and path, such as ("GET", "/echo/ann")."""

    port: int
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def authority(self) -> str:
        """Host and port, as a stage's list of allowed hosts names them."""
        return f"{HOST}:{self.port}"

    def count(self, method: str, path: str) -> int:
        """Note a request; returns how many of this kind there were, this one included."""
        with self._lock:
            self.calls[method, path] += 1
            return self.calls[method, path]


@contextmanager
def serving(port: int = 0) -> Iterator[Upstream]:
    """Serve at that port (0: any that is free) until the end of the block.

    /echo/…          the rest of the path, as {"said": …}
    /flaky/N/…       503 to the first N requests for this very path, then {"calls": N + 1}
    /status/CODE     that status
    /slow            nothing for as long as anyone waits
    """
    upstream = Upstream(port)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            calls = upstream.count(self.command, self.path)
            kind, _, rest = self.path.removeprefix("/").partition("/")
            status = 200
            answer: Mapping[str, object] = {"said": rest}
            if kind == "flaky":
                failures = int(rest.partition("/")[0])
                status, answer = (503, {"said": "not yet"}) if calls <= failures else (200, {"calls": calls})
            elif kind == "status":
                status = int(rest)
            elif kind == "slow":
                upstream.closing.wait(LONGEST)
            self._answer(status, answer)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.do_GET()

        def _answer(self, status: int, answer: object) -> None:
            body = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # whoever asked did not wait
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer((HOST, port), Handler)
    server.daemon_threads = True
    upstream.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        upstream.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
