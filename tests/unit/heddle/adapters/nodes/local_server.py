"""A real HTTP server on this machine, for the nodes that go out into the network."""

import gzip
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LocalServer(ThreadingHTTPServer):
    """Remembers (method, path, headers, body) of every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.ended = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LocalServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.partition("?")[0]
        self.server.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        parts = path.strip("/").split("/")
        if path in self.server.documents:
            media_type, data = self.server.documents[path]
            self._answer(200, data, {"Content-Type": media_type})
        elif parts[0] == "status":
            self._answer(int(parts[1]), b'{"why": "so"}', {"Content-Type": "application/json", "Retry-After": "3"})
        elif parts[0] == "redirect":
            self._answer(int(parts[1]), b"", {"Location": self.path.partition("to=")[2]})
        elif parts[0] == "echo":
            headers = {"Content-Type": "application/json", "X-Echo": self.headers.get("authorization", "")}
            self._answer(200, json.dumps(dict(self.headers)).encode(), {**headers, "Set-Cookie": "a=b"})
        elif parts[0] == "bytes":
            self._answer(200, b"x" * int(parts[1]), {"Content-Type": "text/plain"})
        elif parts[0] == "bomb":
            self._answer(200, gzip.compress(b"x" * int(parts[1])), {"Content-Encoding": "gzip"})
        elif parts[0] == "endless":
            self._chunks(b"x" * 65536)
        elif parts[0] == "drip":
            self._chunks(b"x", pause=0.02)
        elif parts[0] == "drip-header":
            self._drip_header()
        elif parts[0] == "short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"too little")
            self.close_connection = True
        elif parts[0] == "silent":
            self.server.ended.wait(20)
            self.close_connection = True
        elif parts[0] == "nonsense":
            self.wfile.write(b"SSH-2.0-nothing\r\n\r\n")
            self.close_connection = True
        elif parts[0] == "hang-up":
            self.close_connection = True
        else:
            self._answer(200, json.dumps({"path": self.path}).encode(), {"Content-Type": "application/json"})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _chunks(self, piece: bytes, pause: float = 0.0) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.ended.wait(pause):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def _drip_header(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.ended.wait(0.02):
            self.wfile.write(b"x")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextmanager
def running(server: socketserver.BaseServer, ended: threading.Event) -> Iterator[None]:
    """Serve in a thread for as long as the block lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
