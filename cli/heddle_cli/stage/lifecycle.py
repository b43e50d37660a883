"""Bringing a stage up and down, step by step, from whatever state an earlier command or a crash left it in."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from heddle_cli.names import COMMAND
from heddle_cli.stage import aws, database, emulator, providers
from heddle_cli.stage.deploy import Deployer
from heddle_cli.stage.home import Home, holder, locked, project_root, read_json, write_json
from heddle_cli.stage.seed import seed, still_holds
from heddle_cli.stage.stage_file import StageFile

START_SECONDS = 60.0
STOP_SECONDS = 45.0
FIRST_RUN = frozenset(
    [
        "api/rest",
        "auth/authorizer",
        "auth/pre_token",
        "content/documents",
        "content/embed_chunks",
        "content/read_document",
        "content/store_document",
        "engine/advance",
        "nodes/documents",
        "nodes/llm",
        "nodes/parse",
        "projections/runs",
        "queue/dispatch_run",
        "queue/release_run",
        "realtime/act",
        "realtime/connect",
        "realtime/deliver",
        "realtime/fan_out",
        "realtime/publish_run",
        "realtime/receive",
        "streams/publish_events",
    ]
)
"""The functions that signing in, ingesting and watching a run go through; the first call of each would be slow."""


class StageError(Exception):
    """The stage could not be brought up; `log` is where to look, `hint` what to do."""

    def __init__(self, message: str, *, log: Path | None = None, hint: str = f"{COMMAND} doctor") -> None:
        super().__init__(message)
        self.log, self.hint = log, hint


@dataclass
class Steps:
    """Tells whoever watches what is being done and how long each step took."""

    started: Callable[[str], None]
    finished: Callable[[str, float, str], None]
    detail: Callable[[str], None]
    times: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """One step; what is appended to the list is said when it is done."""
        notes: list[str] = []
        began = time.monotonic()
        self.started(name)
        yield notes
        self.times[name] = time.monotonic() - began
        self.finished(name, self.times[name], "; ".join(notes))


def facts(home: Home) -> dict[str, Any]:
    """Return what the supervisor last wrote, corrected by whether it is alive."""
    found = read_json(home.runtime_file)
    alive = holder(home.supervisor_lock) is not None
    if not alive and found.get("state") in {"starting", "ready", "stopping"}:
        found["state"] = "crashed"
    if not found:
        found["state"] = "absent"
    return found


def bring_up(home: Home, steps: Steps, *, redeploy: bool = False) -> StageFile:
    """Bring the stage up and return where it is. Anything that is up to date is left as it is."""
    home.create()
    with locked(home.up_lock):
        with steps.step("tools") as notes:
            installed = emulator.install()
            notes.append(f"installed {' and '.join(installed)}" if installed else "up to date")
        before = facts(home)
        with steps.step("processes") as notes:
            now = _ensure_supervisor(home, before)
            notes += _what_happened(before, now)
        port, edge = now["ports"]["emulator"], now["ports"]["edge"]
        with steps.step("database") as notes:
            applied = database.prepare(now["ports"]["postgres"])
            notes.append(f"applied {', '.join(applied)}" if applied else "up to date")
        with steps.step("deploy") as notes:
            address = database.functions_url(now["ports"]["postgres"])
            deployer = Deployer(home, port, aws.client("ssm", port), address)
            deployment = deployer.run(steps.detail, force=redeploy)
            notes.append("deployed" if deployment.changed else "nothing changed")
            write_json(home.path / "targets.json", targets(deployment.outputs, port))
        with steps.step("warm functions") as notes:
            found = functions_of(aws.client("lambda", port))
            notes.append(_warm(port, [name for name, folder in found.items() if folder in FIRST_RUN]))
        with steps.step("demo tenant") as notes:
            stage = StageFile.read(home.stage_file)
            if still_holds(stage, edge) and stage is not None:
                notes.append("as it was")
            else:
                stage = seed(aws.client("cognito-idp", port), deployment.outputs, edge, stage)
                stage.write(home.stage_file)
                notes.append(f"created {stage.tenant}, {stage.user}")
        if deployment.changed:
            # The emulator saves only when it is stopped: without this a crash would cost another deploy.
            with steps.step("save state"):
                httpx.post(f"http://127.0.0.1:{port}/_heddle/checkpoint", json={}, timeout=60)
    return stage


def bring_down(home: Home, *, delete: bool) -> list[str]:
    """Stop everything; with `delete` forget all data. Says what it did; a stage that is down is fine."""
    said = []
    with locked(home.up_lock):
        process = holder(home.supervisor_lock)
        if process:
            os.kill(process, signal.SIGTERM)
            if not _until(lambda: holder(home.supervisor_lock) is None, STOP_SECONDS):
                os.kill(process, signal.SIGKILL)
                said.append("the supervisor did not stop in time and was killed")
            said.append("stopped")
        # After a kill of the supervisor its children end by themselves, the emulator after saving.
        if not _until(lambda: holder(home.path / "emulator.lock") is None, STOP_SECONDS):
            said.append("the emulator is still saving its state")
        from heddle_cli.stage.postgres import Postgres

        if Postgres(home.data / "postgres", 0).stop_stale():
            said.append("stopped a PostgreSQL that was left behind")
        if delete:
            shutil.rmtree(home.data, ignore_errors=True)
            shutil.rmtree(home.cache, ignore_errors=True)
            for name in (home.stage_file, home.runtime_file, home.path / "targets.json"):
                name.unlink(missing_ok=True)
            said.append("forgot all data")
    return said or ["it was not running"]


def targets(outputs: dict[str, str], port: int) -> dict[str, str]:
    """Return where the REST API and the WebSockets are in the emulator, by path: its host names resolve nowhere."""
    base = f"127.0.0.1:{port}/_aws/execute-api"
    return {
        "api": f"http://{base}/{outputs['ApiId']}/{outputs.get('ApiStage', 'api')}",
        "ws": f"ws://{base}/{outputs['SocketsApiId']}/{outputs['SocketsStage']}",
    }


def functions_of(lambdas: Any) -> dict[str, str]:
    """Return the folders below `functions/` by name of function, of all functions of the stage."""
    folders = {}
    for page in lambdas.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            if function.get("Runtime", "").startswith("python"):
                variables = function.get("Environment", {}).get("Variables", {})
                folders[function["FunctionName"]] = variables.get("POWERTOOLS_SERVICE_NAME", "")
    return dict(sorted(folders.items()))


def _ensure_supervisor(home: Home, before: dict[str, Any]) -> dict[str, Any]:
    wanted = providers.fingerprint(os.environ)
    if before["state"] == "ready" and before.get("providers") == wanted and _healthy(before):
        return before
    running = holder(home.supervisor_lock)
    if running and before["state"] == "ready":
        os.kill(running, signal.SIGTERM)
        _until(lambda: holder(home.supervisor_lock) is None, STOP_SECONDS)
    elif running:
        _until(lambda: facts(home)["state"] == "ready" or holder(home.supervisor_lock) is None, STOP_SECONDS)
        now = facts(home)
        if now["state"] == "ready" and now.get("providers") == wanted and _healthy(now):
            return now
    home.runtime_file.unlink(missing_ok=True)
    log = home.logs / "supervisor.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "heddle_cli.stage.supervisor"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=project_root(),
            env=os.environ | {"HEDDLE_HOME": str(home.path), "PYTHONPATH": str(project_root() / "cli")},
        )
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        now = read_json(home.runtime_file)
        if now.get("state") == "ready":
            return now
        if now.get("state") == "failed" or process.poll() is not None:
            name = str(now.get("reason", "")).split(" ")[0]
            child = home.logs / f"{name}.log"
            raise StageError(now.get("reason") or "the supervisor ended", log=child if child.exists() else log)
        time.sleep(0.02)
    raise StageError(f"the stage did not start in {START_SECONDS:.0f} s", log=log)


def _what_happened(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    if now is before or before.get("supervisor") == now.get("supervisor"):
        return ["running already"]
    notes = []
    if before["state"] == "crashed":
        notes.append("an earlier stage had ended without being stopped: recovered")
    if before["state"] == "failed":
        notes.append(f"recovered: {before.get('reason', 'it had failed')}")
    if before["state"] == "ready" and before.get("providers") != now.get("providers"):
        notes.append("started again, because the keys or addresses of model providers have changed")
    if now.get("leftovers"):
        notes.append(f"ended leftover {' and '.join(now['leftovers'])}")
    if now.get("moved"):
        notes.append(f"took other ports for {' and '.join(now['moved'])}, because theirs were in use")
    return notes or ["started"]


def _healthy(now: dict[str, Any]) -> bool:
    try:
        emulator_ok = (
            httpx.get(f"http://127.0.0.1:{now['ports']['emulator']}/_heddle/health", timeout=5).status_code == 200
        )
        return emulator_ok and httpx.get(f"http://127.0.0.1:{now['ports']['edge']}/", timeout=5).status_code == 200
    except (httpx.HTTPError, KeyError):
        return False


def _warm(port: int, names: list[str]) -> str:
    """Start a process of each; says how many there are, and which cannot start."""
    answer = httpx.post(f"http://127.0.0.1:{port}/_heddle/warm", json={"names": names}, timeout=180).json()
    broken = {name: why for name, why in answer.items() if not isinstance(why, int)}
    if broken:
        return f"{len(answer) - len(broken)} ready, " + ", ".join(
            f"{name} cannot start ({why})" for name, why in broken.items()
        )
    return f"{len(answer)} ready"


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
