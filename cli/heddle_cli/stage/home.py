"""Where a local stage keeps its things, and which ports it uses."""

import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PORT_NAMES = ("edge", "emulator", "postgres")
PROJECT_PORTS = 8780
OTHER_PORTS = range(20_000, 32_000, 10)
"""Where the search for free ports starts, for stages of HEDDLE_HOME by their folder, so that two seldom want the same.

Below the range from which the system gives ports to outgoing connections. What was found is kept: functions know it.
"""


def preferred_ports(home: "Home") -> dict[str, int]:
    """Return the ports that this stage would like best."""
    digest = int.from_bytes(hashlib.sha256(str(home.path).encode()).digest()[:4])
    mine = home.path == project_root() / ".heddle"
    first = PROJECT_PORTS if mine else OTHER_PORTS[digest % len(OTHER_PORTS)]
    return {name: first + number for number, name in enumerate(PORT_NAMES)}


def project_root() -> Path:
    """Return the folder of the project: the one with cdk.json's neighbours `cli` and `pyproject.toml`."""
    return Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local stage: `.heddle` of the project, or what HEDDLE_HOME names."""

    path: Path

    @classmethod
    def find(cls) -> "Home":
        """Return the home that this command means."""
        named = os.environ.get("HEDDLE_HOME")
        return cls(Path(named).expanduser().resolve() if named else project_root() / ".heddle")

    @property
    def stage_file(self) -> Path:
        """What users and programs read."""
        return self.path / "stage.json"

    @property
    def runtime_file(self) -> Path:
        """What only this command reads: ports, process ids, names in AWS."""
        return self.path / "runtime.json"

    @property
    def ports_file(self) -> Path:
        """The ports of this stage, kept over stops."""
        return self.path / "ports.json"

    @property
    def data(self) -> Path:
        """What `down --delete` forgets."""
        return self.path / "data"

    @property
    def logs(self) -> Path:
        """One file per process, of its last start."""
        return self.path / "logs"

    @property
    def cache(self) -> Path:
        """Unpacked code of functions, and temporary files; may be deleted while the stage is down."""
        return self.path / "cache"

    @property
    def supervisor_lock(self) -> Path:
        """Locked for as long as the supervisor lives."""
        return self.path / "supervisor.lock"

    @property
    def up_lock(self) -> Path:
        """Locked while a command changes the stage."""
        return self.path / "up.lock"

    def create(self) -> None:
        """Make the folders; only their owner can read them, for there are credentials inside."""
        for folder in (self.path, self.data, self.logs, self.cache):
            folder.mkdir(parents=True, exist_ok=True)
        # Others may pass through (PostgreSQL runs as another user when we are root), but not list.
        self.path.chmod(0o711)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in the file; empty if there is none or it was cut off in the middle."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write the whole file or nothing of it, readable by its owner only."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(value, indent=2) + "\n")
    partial.replace(path)


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_ports(home: Home) -> tuple[dict[str, int], list[str]]:
    """Return the ports of the stage, and the names of those that had to change because someone else took them."""
    known = read_json(home.ports_file)
    chosen: dict[str, int] = {}
    moved: list[str] = []
    for name, preferred in preferred_ports(home).items():
        port = known.get(name)
        if not isinstance(port, int) or not is_free(port):
            if isinstance(port, int):
                moved.append(name)
            port = next(p for p in range(preferred, 65_000, 10) if p not in chosen.values() and is_free(p))
        chosen[name] = port
    write_json(home.ports_file, chosen)
    return chosen, moved


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file's lock; wait for whoever has it. Locks end with their process, so they are never stale."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def holder(path: Path) -> int | None:
    """Return the process id written in a lock file, if some process holds its lock."""
    try:
        with path.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                text = file.read().strip()
                return int(text) if text.isdigit() else 0
    except OSError:
        return None
    return None
