"""How many WebSockets a local stage holds on this machine, and what one broadcast to all of them takes.

    python -m benchmarks.connections [--connections 5000] [--step 500]

Connections are opened with API keys, as many by one as a user may hold, and greeted (`Status connected`), then all
listen to one topic; after each step one broadcast goes out, and the seconds until the last connection has it are
printed. Ends when connections are refused or a broadcast does not reach everybody within a minute, and says so.

Peer: none. The emulator's API Gateway and its Lambda service do in one process what AWS does with many: these figures
say what a laptop carries, and that nothing is lost on the way there.
"""

import argparse
import asyncio
import json
import resource
import time
from math import ceil
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.machine import describe
from benchmarks.stage import HOMES, LocalStage, local_stage
from heddle.domain.limits import Limits

AT_ONCE = 100
PATIENCE = 60.0
PER_USER = Limits().connections_per_user


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--step", type=int, default=500)
    asked = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"Connections held by a local stage\n{describe()}\n")
    with local_stage(HOMES / "sockets") as stage:
        stage("up")
        asyncio.run(hold(stage, asked.connections, asked.step))


async def hold(stage: LocalStage, wanted: int, step: int) -> None:
    """Open so many connections step by step, and broadcast after each step."""
    url = json.loads((stage.home / "stage.json").read_text())["ws_url"]
    with stage.client() as client:
        made = [client.api_keys.create(f"bench {n}", role="editor") for n in range(ceil(wanted / PER_USER))]
    keys = [str(each.key) for each in made]
    sockets: list[ClientConnection] = []
    print(f"{'open':>7}{'opened a second':>17}{'broadcast to all, s':>21}", flush=True)
    while len(sockets) < wanted:
        began = time.perf_counter()
        # Who says nothing for five minutes is taken for gone.
        for first in range(0, len(sockets), AT_ONCE):
            await asyncio.gather(*[_ping(socket) for socket in sockets[first : first + AT_ONCE]])
        last = min(len(sockets) + step, wanted)
        found = await _open(url, [keys[n // PER_USER] for n in range(len(sockets), last)])
        sockets += [socket for socket in found if socket is not None]
        rate = len(found) / (time.perf_counter() - began)
        seconds, reached = await _broadcast(sockets, number=len(sockets))
        print(f"{len(sockets):>7}{rate:>17.0f}{seconds:>21.2f}", flush=True)
        if None in found or reached < len(sockets):
            print(f"ends here: {found.count(None)} refused, {reached} of {len(sockets)} reached")
            break
    print(f"resident memory of the client: {_resident() // 1024} MB")
    await asyncio.gather(*[socket.close() for socket in sockets], return_exceptions=True)


async def _open(url: str, keys: list[str]) -> list[ClientConnection | None]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(key: str) -> ClientConnection | None:
        async with gate:
            try:
                socket = await connect(
                    url,
                    additional_headers={"X-Api-Key": key},
                    compression=None,
                    ping_interval=None,
                    open_timeout=PATIENCE,
                )
                await _until(socket, "Status")
                await socket.send(json.dumps({"type": "Subscribe", "data": {"topics": ["bench"]}, "id": "s"}))
                await _until(socket, "Status")
            except (WebSocketException, OSError, TimeoutError) as error:
                print(f"refused: {error!r}")
                return None
            return socket

    return list(await asyncio.gather(*[one(key) for key in keys]))


async def _broadcast(sockets: list[ClientConnection], number: int) -> tuple[float, int]:
    """Return the seconds until all have it, and how many have."""
    began = time.perf_counter()
    frame = {"type": "Broadcast", "data": {"topic": "bench", "payload": {"number": number}}, "id": f"b{number}"}
    await sockets[0].send(json.dumps(frame))

    async def heard(socket: ClientConnection) -> bool:
        try:
            while (await _until(socket, "Broadcast"))["data"]["payload"]["number"] != number:
                pass
        except (WebSocketException, TimeoutError):
            return False
        return True

    found = await asyncio.gather(*[heard(socket) for socket in sockets])
    return time.perf_counter() - began, sum(found)


async def _ping(socket: ClientConnection) -> None:
    await socket.send(json.dumps({"type": "Ping", "data": {}}))
    await _until(socket, "Pong")


async def _until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == "Error":
                raise TimeoutError(frame["data"]["message"])
            if frame["type"] == kind:
                return frame


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


if __name__ == "__main__":
    main()
