"""A local stage for a benchmark: brought up by the command that a user types, and taken down again with its data."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from heddle_sdk import Client

ROOT = Path(__file__).resolve().parents[1]
HOMES = ROOT / ".build" / "bench stages"


@dataclass(frozen=True)
class LocalStage:
    """The stage of one home folder. Functions may call `allowed_hosts`."""

    home: Path
    allowed_hosts: str = ""

    def __call__(self, *arguments: str, show: bool = False) -> float:
        """Run `heddle` with these arguments; return the seconds from its start to its end.

        `show` prints its steps, and the processor seconds of the command and what it waited for: on a busy machine
        they say what an idle one would take.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HEDDLE_", "PYTHON"))}
        mine = {"HEDDLE_HOME": str(self.home), "HEDDLE_HTTP_ALLOWED_HOSTS": self.allowed_hosts, "COLUMNS": "120"}
        began, before = time.perf_counter(), os.times()
        done = subprocess.run(
            [str(ROOT / "bin" / "heddle"), *arguments],
            env=kept | mine,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"heddle {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
        if show:
            after = os.times()
            used = sum(after[2:4]) - sum(before[2:4])
            print(f"    {used:.1f} s of CPU; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            print(
                "".join(f"    {line.strip()}\n" for line in (done.stdout + done.stderr).splitlines() if "✔" in line),
                end="",
            )
        return seconds

    def client(self) -> Client:
        """Return a client of the stage's demo tenant."""
        return Client.from_stage_file(self.home / "stage.json")


@contextmanager
def local_stage(home: Path, allowed_hosts: str = "") -> Iterator[LocalStage]:
    """Give a stage of a home folder that must not exist yet; nothing of it is left afterwards."""
    if home.exists():
        raise SystemExit(f"{home} exists: take it down (HEDDLE_HOME={home} bin/heddle down --delete) and delete it")
    stage = LocalStage(home, allowed_hosts)
    try:
        yield stage
    finally:
        stage("down", "--delete")
        shutil.rmtree(home, ignore_errors=True)
