"""A local server, and a resolver that knows names of its own."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.heddle.adapters.nodes.local_server import LocalServer, running


@pytest.fixture
def server() -> Iterator[LocalServer]:
    local = LocalServer()
    with running(local, local.ended):
        yield local


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give `names(host, *answers)`: the nth resolution gives the nth answer, the last one for ever; returns the log."""
    known: dict[str, list[list[str]]] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in known:
            return real(host, port, *args, **options)
        asked.append(host)
        answers = known[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    def add(host: str, *answers: str | list[str]) -> list[str]:
        known[host] = [[one] if isinstance(one, str) else one for one in answers]
        return asked

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return add
