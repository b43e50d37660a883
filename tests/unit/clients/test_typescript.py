"""The TypeScript client: its types, its own tests against the real use cases, and what a package of it holds."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.realtime_server import RealtimeService, realtime_server

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients" / "typescript"
BIN = ROOT / ".venv" / "bin"


@pytest.fixture(scope="module")
def service() -> Iterator[RealtimeService]:
    with realtime_server() as running:
        yield running


def run(*command: str, **environment: str) -> str:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", **environment}
    done = subprocess.run(command, cwd=CLIENT, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_types_hold_for_the_source_and_for_its_tests() -> None:
    run("node", str(ROOT / "node_modules" / "typescript" / "bin" / "tsc"), "-p", "test")


def test_its_own_tests_pass_against_the_real_use_cases(service: RealtimeService) -> None:
    address = f"ws://127.0.0.1:{service.port}/ws"

    tests = [f"test/{name}.test.ts" for name in ("order", "scripted", "service")]
    said = run("node", "--test", "--test-timeout=10000", "--test-force-exit", *tests, HEDDLE_WS=address)

    assert "fail 0" in said


def test_a_client_without_a_library_works_as_it_is(service: RealtimeService) -> None:
    said = run("node", "test/plain.js", HEDDLE_WS=f"ws://127.0.0.1:{service.port}/ws", HEDDLE_TOKEN="acme:ada:editor")

    assert sorted(said.split("\n")[:-1]) == sorted(
        ["status connected", "status subscribed", "ack delivered 1", "broadcast ai_analysis hello"]
    )


def test_what_is_built_runs_without_anything_else(tmp_path: Path, service: RealtimeService) -> None:
    run("node", str(ROOT / "node_modules" / "typescript" / "bin" / "tsc"), "-p", ".", "--outDir", str(tmp_path))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script = tmp_path / "say.js"
    script.write_text(
        'import { connect } from "./index.js";\n'
        'const live = await connect(process.env.HEDDLE_WS, { token: "acme.ada.editor" });\n'
        'console.log(JSON.stringify(await live.publish("built", 1)));\n'
        "live.close();\n"
    )

    said = json.loads(run("node", str(script), HEDDLE_WS=f"ws://127.0.0.1:{service.port}/ws"))

    assert (said["seq"], said["status"]) == (1, "delivered")
    assert (tmp_path / "index.d.ts").exists()
    assert "dependencies" not in json.loads((CLIENT / "package.json").read_text())
