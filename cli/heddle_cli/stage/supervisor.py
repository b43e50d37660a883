"""The process that owns a running stage: it starts PostgreSQL, the emulator and the edge proxy, and ends them together.

    python -m heddle_cli.stage.supervisor      (HEDDLE_HOME names the stage)

`heddle up` starts it in a session of its own and returns; `heddle down` sends it SIGTERM. If a child ends by itself the
supervisor writes down which and why, ends the others and then itself: half a stage is worse than none, and `heddle up`
brings it back. If the supervisor is killed, its children notice (a closed pipe, a signal from the kernel) and end.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from heddle_cli.stage import emulator, providers
from heddle_cli.stage.edge import Edge, serve
from heddle_cli.stage.home import Home, choose_ports, holder, write_json
from heddle_cli.stage.postgres import Postgres, end_with_parent, run_as

LOG = logging.getLogger("heddle.supervisor")
READY_SECONDS = 30.0
CHECKPOINT_SECONDS = 15.0
CHECKPOINTED = ("dynamodb", "sqs", "cognito", "secretsmanager")
"""What users put in, saved while the stage runs: by itself the emulator saves only when it is stopped."""


class StageFailed(Exception):
    """A part did not come up; the message says which, and where its log is."""


@dataclass
class Supervisor:
    """One running stage."""

    home: Home
    facts: dict[str, Any] = field(default_factory=dict)
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, state: str, **facts: Any) -> None:
        """Write down how it is; `heddle up` and `heddle status` read it."""
        self.facts |= {"state": state, "supervisor": os.getpid(), **facts}
        write_json(self.home.runtime_file, self.facts)

    async def run(self) -> int:
        """Start everything, wait for the signal to stop or for a child to end, and stop everything."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stopping.set)
        self.say("starting", started_at=time.time(), providers=providers.fingerprint(os.environ))
        try:
            runner, edge = await self._start()
        except (StageFailed, OSError, subprocess.CalledProcessError) as failed:
            detail = failed.stderr.decode(errors="replace") if isinstance(failed, subprocess.CalledProcessError) else ""
            self.say("failed", reason=f"{failed} {detail}".strip())
            await self._stop_children()
            return 1
        self.say("ready", ready_at=time.time())
        saving = asyncio.create_task(self._checkpoints(edge))
        broken = await self._until_end()
        saving.cancel()
        self.say("stopping")
        await runner.cleanup()
        await self._stop_children()
        if broken:
            self.say("failed", reason=broken)
            return 1
        self.say("stopped")
        return 0

    async def _start(self) -> tuple[Any, Edge]:
        await self._end_leftovers()
        ports, moved = choose_ports(self.home)
        self.facts |= {"ports": ports, "moved": moved}
        postgres = Postgres(self.home.data / "postgres", ports["postgres"])
        self._spawn("emulator", emulator.command(), emulator.environment(self.home, ports["emulator"]))
        created = await asyncio.to_thread(postgres.prepare)
        LOG.info("postgres data folder %s", "created" if created else "kept")
        self._spawn("postgres", postgres.command(), dict(os.environ), who=run_as())
        edge = Edge(self.home.path / "targets.json")
        runner = await serve(edge, ports["edge"])
        async with aiohttp.ClientSession() as client:
            health = f"http://127.0.0.1:{ports['emulator']}/_heddle/health"
            until = time.monotonic() + READY_SECONDS
            while not (postgres.is_ready() and await _answers(client, health)):
                self._check_children()
                if self.stopping.is_set():
                    raise StageFailed("it was told to stop while it started")
                if time.monotonic() > until:
                    raise StageFailed(f"not ready after {READY_SECONDS:.0f} s; see the logs in {self.home.logs}")
                await asyncio.sleep(0.02)
        return runner, edge

    async def _end_leftovers(self) -> None:
        """End what an earlier supervisor left behind: an emulator saves its state first, so wait for it a while."""
        ended = []
        lock = self.home.path / "emulator.lock"
        until = time.monotonic() + 20
        while (process := holder(lock)) is not None:
            ended.append("emulator")
            if time.monotonic() > until and process:
                os.kill(process, signal.SIGKILL)
            await asyncio.sleep(0.1)
        if await asyncio.to_thread(Postgres(self.home.data / "postgres", 0).stop_stale):
            ended.append("postgres")
        self.facts["leftovers"] = sorted(set(ended))

    def _spawn(self, name: str, command: list[str], env: dict[str, str], who: dict[str, Any] | None = None) -> None:
        log = self.home.logs / f"{name}.log"
        with log.open("wb") as output:
            self.children[name] = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if name == "emulator" else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=env | {"HEDDLE_LOCK": str(self.home.path / f"{name}.lock")},
                preexec_fn=end_with_parent if name == "postgres" else None,
                **(who or {}),
            )
        self.say("starting", children={child: process.pid for child, process in self.children.items()})

    def _check_children(self) -> None:
        for name, child in self.children.items():
            code = child.poll()
            if code is not None:
                how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
                raise StageFailed(f"{name} {how}; its log is {self.home.logs / (name + '.log')}")

    async def _until_end(self) -> str | None:
        while not self.stopping.is_set():
            try:
                self._check_children()
            except StageFailed as failed:
                LOG.error("%s", failed)
                return str(failed)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 0.25)
        return None

    async def _checkpoints(self, edge: Edge) -> None:
        """Save what users put in, some seconds after they did."""
        seen = edge.requests
        url = f"http://127.0.0.1:{self.facts['ports']['emulator']}/_heddle/checkpoint"
        async with aiohttp.ClientSession() as client:
            while True:
                await asyncio.sleep(CHECKPOINT_SECONDS)
                if edge.requests == seen:
                    continue
                seen = edge.requests
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    await client.post(url, json={"services": CHECKPOINTED})

    async def _stop_children(self) -> None:
        for name, child in self.children.items():
            if child.poll() is None:
                child.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
        for name, child in self.children.items():
            try:
                await asyncio.to_thread(child.wait, 30)
            except subprocess.TimeoutExpired:
                LOG.warning("%s did not stop in 30 s and is killed", name)
                child.kill()
                await asyncio.to_thread(child.wait)


async def _answers(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(url, timeout=aiohttp.ClientTimeout(total=2)) as reply:
            return reply.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def hold(path: Path) -> Any:
    """Take the lock of the running stage and write our process id in it; ends the program if another has it."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("heddle: this stage is running already")
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def main() -> None:
    """Run the stage of HEDDLE_HOME until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    home = Home.find()
    home.create()
    lock = hold(home.supervisor_lock)
    code = asyncio.run(Supervisor(home).run())
    lock.close()
    sys.exit(code)


if __name__ == "__main__":
    main()
