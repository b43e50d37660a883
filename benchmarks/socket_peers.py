"""The other ends of the fan-out benchmark, each in a process of its own: a management API, and readers of WebSockets.

The management API answers 200 to every POST of `@connections` as soon as it has the whole request, and does nothing
else: what is measured is the worker before it, not it. The readers count the bytes that come to them.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

ROOT = Path(__file__).parents[1]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
AT_ONCE = 200


class Api(asyncio.Protocol):
    """One keep-alive connection to the management API."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._received = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            fields = dict(line.split(b": ", 1) for line in self._received[:end].lower().split(b"\r\n")[1:])
            whole = end + 4 + int(fields.get(b"content-length", 0))
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            self._transport.write(ANSWER)


class Reader(asyncio.Protocol):
    """One WebSocket, which is open when the server's answer is there."""

    received = 0
    wanted = 0
    done = asyncio.Event()

    def __init__(self) -> None:
        self.open, self._head = asyncio.Event(), b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(UPGRADE)

    def data_received(self, data: bytes) -> None:
        """Count, behind the answer to the upgrade."""
        if not self.open.is_set():
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.open.set()
        Reader.received += len(data)
        if Reader.received >= Reader.wanted:
            Reader.done.set()


@contextmanager
def management_api() -> Iterator[str]:
    """Serve the management API; yields its endpoint."""
    with Popen([sys.executable, "-m", "benchmarks.socket_peers", "api"], cwd=ROOT, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Api, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bench", flush=True)
    await server.serve_forever()


async def _read(port: int, readers: int, wanted: int) -> None:
    loop, Reader.wanted = asyncio.get_running_loop(), wanted
    for first in range(0, readers, AT_ONCE):
        made = [loop.create_connection(Reader, "127.0.0.1", port) for _ in range(min(AT_ONCE, readers - first))]
        opened = await asyncio.gather(*made)
        await asyncio.gather(*[reader.open.wait() for _, reader in opened])
    print("open", flush=True)
    await Reader.done.wait()
    print("read", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "api":
        asyncio.run(_serve())
    else:
        asyncio.run(_read(*map(int, sys.argv[2:])))
