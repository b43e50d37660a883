"""How many frames a second our worker brings to the subscribers of one topic, beside a server that holds the sockets.

Ours is the use case of `functions/realtime/deliver` with its gateway: each frame of each subscriber is a signed POST
to a management API of API Gateway, here a local one in a process of its own, over connections that are kept. Stores
are in memory; one worker does one shard of 500 after the other, whereas on AWS shards are done side by side.

The peer is `websockets.broadcast`: one process that holds all sockets and writes to them, with readers in another one.
It is the ceiling for Python, of another kind: it needs a server that runs all the time, and holds what one process can.

    python -m benchmarks.fan_out [--frames 5] [--subscribers 1000 10000]
"""

import argparse
import asyncio
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE
from typing import Any

import orjson
from botocore.credentials import Credentials
from websockets.asyncio.server import broadcast, serve

from benchmarks.machine import describe
from benchmarks.socket_peers import ROOT, management_api
from heddle.adapters.aws.gateway import ManagementGateway
from heddle.adapters.memory.realtime import MemoryMailbox, MemorySubscriptionStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.application.ports.realtime import Member
from heddle.application.realtime.deliver import Deliver
from heddle.application.realtime.wire import on_the_wire
from heddle.runtime.realtime import DELIVERY_THREADS

TENANT, TOPIC, AT = "acme", "prices", "2026-01-01T00:00:00+00:00"
DATA = {"topic": TOPIC, "payload": {"symbol": "HDL", "price": "12.50", "note": "x" * 120}}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=5)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1000, 10_000])
    asked = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"Fan-out of one topic: frames per second to all subscribers\n{describe()}\n")
    print(f"{'subscribers':>11}{'worker':>12}{'CPU µs/frame':>14}{'websockets':>12}{'CPU µs/frame':>14}", flush=True)
    for subscribers in asked.subscribers:
        ours, our_cpu = worker(subscribers, asked.frames)
        theirs, their_cpu = asyncio.run(peer(subscribers, asked.frames))
        print(f"{subscribers:>11}{ours:>12.0f}{our_cpu:>14.0f}{theirs:>12.0f}{their_cpu:>14.1f}", flush=True)


def worker(subscribers: int, frames: int) -> tuple[float, float]:
    """Return frames per second and µs of this process's CPU per frame."""
    subscriptions, topics = MemorySubscriptionStore(), MemoryTopicLog()
    shards = set()
    for number in range(subscribers):
        entered = subscriptions.enter(TENANT, f"c{number}=", TOPIC, after=0, token="t")
        assert subscriptions.put_member(TENANT, TOPIC, entered.shard, Member(f"c{number}=", token="t"))
        shards.add(entered.shard)
    last = topics.append(TENANT, TOPIC, [("Broadcast", DATA)] * frames, at=AT)
    about = {"do": "deliver", "tenant": TENANT, "name": TOPIC, "topic": TOPIC}
    messages = [
        {**about, "shard": shard, "first": seq, "last": seq} for seq in range(1, last + 1) for shard in sorted(shards)
    ]
    lost: list[str] = []
    with management_api() as endpoint, ThreadPoolExecutor(DELIVERY_THREADS) as pool:
        gateway = ManagementGateway(endpoint, Credentials("key", "secret"), "us-east-1")

        def each(serve: Any, members: Any) -> None:
            list(pool.map(serve, members))

        deliver = Deliver(subscriptions, topics, gateway, MemoryMailbox(), lost.append, each)
        began, cpu = time.perf_counter(), time.process_time()
        served = sum(deliver(message) for message in messages)
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
    assert served == subscribers * frames and not lost
    behind = [member for shard in shards for member in subscriptions.members(TENANT, TOPIC, shard) if member.failures]
    assert not behind, f"{len(behind)} subscribers were not reached"
    return served / seconds, used / served * 1e6


async def peer(subscribers: int, frames: int) -> tuple[float, float]:
    """Return the same of a server that holds the sockets."""
    topics = MemoryTopicLog()
    topics.append(TENANT, TOPIC, [("Broadcast", DATA)] * frames, at=AT)
    wire = [on_the_wire(TOPIC, entry).decode() for entry in topics.read(TENANT, TOPIC, after=0, limit=frames)]
    assert all(orjson.loads(text) for text in wire)
    sockets: set[Any] = set()

    async def hold(socket: Any) -> None:
        sockets.add(socket)
        await socket.wait_closed()

    options: dict[str, Any] = {"compression": None, "ping_interval": None, "backlog": 1000}
    async with serve(hold, "127.0.0.1", 0, **options) as server:
        port = server.sockets[0].getsockname()[1]
        wanted = subscribers * sum(len(text) + (4 if len(text) > 125 else 2) for text in wire)
        command = ["-m", "benchmarks.socket_peers", "read", str(port), str(subscribers), str(wanted)]
        readers = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stdout=PIPE)
        assert readers.stdout is not None
        assert await readers.stdout.readline() == b"open\n"
        while len(sockets) < subscribers:
            await asyncio.sleep(0.01)
        began, cpu = time.perf_counter(), time.process_time()
        for text in wire:
            broadcast(sockets, text)
            await asyncio.sleep(0)
        assert await readers.stdout.readline() == b"read\n"
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
        await readers.wait()
    return subscribers * frames / seconds, used / (subscribers * frames) * 1e6


if __name__ == "__main__":
    main()
