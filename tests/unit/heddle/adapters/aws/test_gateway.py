"""What the management API answers to a frame, and what becomes of a connection to it, against a real HTTP server."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.credentials import Credentials

from heddle.adapters.aws import gateway
from heddle.adapters.aws.gateway import ManagementGateway


@dataclass
class ManagementApi:
    """A management API that answers as it is told, and remembers what it was asked."""

    statuses: list[int] = field(default_factory=list)
    "What the next requests are answered with; 200 after them. 0: never."
    hang_up: bool = False
    "Whether connections are closed after an answer that did not say so, as idle ones are."
    asked: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    connections: int = 0
    endpoint: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def api() -> Iterator[ManagementApi]:
    told = ManagementApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            told.connections += 1

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.asked.append((self.command, self.path, body, self.headers["Authorization"]))
            status = told.statuses.pop(0) if told.statuses else 200
            if status == 0:
                told.ended.wait(30)
            else:
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
            self.close_connection = told.hang_up or status == 0

        do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told.endpoint = f"http://127.0.0.1:{server.server_port}/local"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield told
        told.ended.set()
        server.shutdown()


@pytest.fixture
def management(api: ManagementApi) -> Iterator[ManagementGateway]:
    waits: list[float] = []
    made = ManagementGateway(api.endpoint, Credentials("key", "secret"), "eu-central-1", waits.append)
    yield made
    made.hang_up()


def test_frames_are_signed_and_go_over_one_connection(api: ManagementApi, management: ManagementGateway) -> None:
    assert [management.post("a/b=", b'{"n":1}'), management.post("a/b=", b'{"n":2}')] == ["sent", "sent"]
    management.close("a/b=")

    assert [(method, path, body) for method, path, body, _ in api.asked] == [
        ("POST", "/local/@connections/a%2Fb%3D", b'{"n":1}'),
        ("POST", "/local/@connections/a%2Fb%3D", b'{"n":2}'),
        ("DELETE", "/local/@connections/a%2Fb%3D", b""),
    ]
    assert all("/eu-central-1/execute-api/aws4_request" in signature for *_, signature in api.asked)
    assert api.connections == 1


@pytest.mark.parametrize(
    ("statuses", "posted", "asked"),
    [
        ([410], "gone", 1),
        ([404], "gone", 1),
        ([403], "failed", 1),
        ([429, 503], "sent", 3),
        ([429, 429, 429], "failed", 3),
    ],
)
def test_what_an_answer_means(
    api: ManagementApi, management: ManagementGateway, statuses: list[int], posted: str, asked: int
) -> None:
    api.statuses = statuses

    assert management.post("c=", b"{}") == posted
    assert len(api.asked) == asked


def test_a_connection_that_the_other_end_closed_loses_no_frame(
    api: ManagementApi, management: ManagementGateway
) -> None:
    api.hang_up = True

    assert [management.post("c=", b"{}") for _ in range(3)] == ["sent"] * 3
    assert (len(api.asked), api.connections) == (3, 3)


def test_a_client_that_does_not_read_is_not_waited_for(
    api: ManagementApi, management: ManagementGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.1)
    api.statuses = [200, 0]

    assert [management.post("c=", b"{}") for _ in range(3)] == ["sent", "failed", "sent"]
    assert len(api.asked) == 3


def test_an_api_that_is_not_there_fails_the_frame() -> None:
    assert (
        ManagementGateway("http://127.0.0.1:1/x", Credentials("key", "secret"), "us-east-1").post("c", b"") == "failed"
    )
