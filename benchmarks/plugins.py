"""What a call of a plugin costs: cold, warm, by the size of the text; and what each limit of the sandbox costs.

    python -m benchmarks.plugins [--calls N] [module.wasm manifest.json]

The plugin is examples/plugins/word-count, assembled here, or the one that is named. Beside it stands what a process per
call would cost, the next stronger wall: Python started for one call, which does nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wasmtime

from benchmarks.machine import describe
from heddle.adapters.plugins.wasmtime_sandbox import WasmtimeSandbox
from heddle.application.ports.plugins import Artefact
from heddle.domain.plugins.limits import Limits
from heddle.errors import PluginFailed

EXAMPLE = Path(__file__).parents[1] / "examples" / "plugins" / "word-count" / "plugin.wat"
SENTENCE = "A heddle holds the warp. "
LOOP = '(module (memory (export "memory") 1) (func (export "_start") (loop $for_ever (br $for_ever))))'
FUEL = 100_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("module", nargs="?", type=Path, help="a module other than the example")
    options = parser.parse_args()
    wasm = options.module.read_bytes() if options.module else bytes(wasmtime.wat2wasm(EXAMPLE.read_text()))
    print(describe())
    print(f"plugin of {len(wasm):,} bytes; times are medians and 95th percentiles in milliseconds\n")
    for name, times in [*cold(wasm), *warm(wasm, options.calls), *limits(), ("a process for a call", processes())]:
        print(f"{name:44} p50 {statistics.median(times):9.3f}   p95 {percentile(times, 95):9.3f}")


def cold(wasm: bytes, rounds: int = 10) -> list[tuple[str, list[float]]]:
    """Measure what comes before a first call: the import in a fresh process, compiling, loading what was compiled."""
    sandbox = WasmtimeSandbox()
    artefact = sandbox.compile(wasm)

    def first_call() -> None:
        fresh = WasmtimeSandbox()
        fresh.run(artefact, "analyze", document(1), Limits())

    def load_only() -> None:
        wasmtime.Module.deserialize(sandbox.engine, artefact.data)

    return [
        ("import of the sandbox, fresh process", imports(rounds)),
        ("compile (once, when handed in)", timed(lambda: sandbox.compile(wasm), rounds)),
        ("load the artefact", timed(load_only, rounds)),
        ("engine, load and first call", timed(first_call, rounds)),
    ]


def warm(wasm: bytes, calls: int) -> list[tuple[str, list[float]]]:
    """Measure calls of a loaded plugin, each in a store of its own."""
    sandbox = WasmtimeSandbox()
    artefact = sandbox.compile(wasm)
    found = []
    for sentences in (1, 40, 800, 20_000):
        given = document(sentences)

        def call(given: dict[str, Any] = given) -> None:
            sandbox.run(artefact, "analyze", given, Limits())

        size = len(json.dumps(given))
        call()
        found.append((f"warm call, {size:,} bytes", timed(call, max(20, calls // max(1, sentences // 400)))))
    return found


def limits(rounds: int = 5) -> list[tuple[str, list[float]]]:
    """Measure how soon a loop is ended: by its fuel, and by the clock."""
    sandbox = WasmtimeSandbox()
    loop = sandbox.compile(sandbox.assemble(LOOP))

    def stopped(bounds: Limits) -> Callable[[], None]:
        return lambda: expect_failure(sandbox, loop, bounds)

    return [
        (f"a loop, ended after {FUEL:,} units of fuel", timed(stopped(Limits(fuel=FUEL)), rounds)),
        ("a loop, ended by the clock after 100 ms", timed(stopped(Limits(seconds=0.1)), rounds)),
    ]


def expect_failure(sandbox: WasmtimeSandbox, artefact: Artefact, bounds: Limits) -> None:
    """Call what must not come to an end; AssertionError if it does."""
    try:
        sandbox.run(artefact, "analyze", {}, bounds)
    except PluginFailed:
        return
    raise AssertionError("the loop came to an end")


def processes(rounds: int = 10) -> list[float]:
    """Measure a process that is started and ends."""
    return timed(lambda: subprocess.run([sys.executable, "-I", "-c", ""], check=True), rounds)


def imports(rounds: int) -> list[float]:
    """Measure how long fresh processes take to import the sandbox and make its engine, with bytecode as on Lambda."""
    probe = (
        "import time; begun = time.perf_counter()\n"
        "from heddle.adapters.plugins.wasmtime_sandbox import WasmtimeSandbox; WasmtimeSandbox()\n"
        "print((time.perf_counter() - begun) * 1000)"
    )
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
        environment["PYTHONPYCACHEPREFIX"] = bytecode

        def once() -> float:
            command = [sys.executable, "-c", probe]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            return float(done.stdout)

        once()  # writes the bytecode
        return [once() for _ in range(rounds)]


def document(sentences: int) -> dict[str, Any]:
    """Return what an analysis gives to plugins, with so many sentences."""
    content = {"text": SENTENCE * sentences, "content_type": "text", "metadata": {"title": "Looms"}}
    return {"content": content, "config": {}}


def timed(call: Callable[[], object], rounds: int) -> list[float]:
    """Return the milliseconds of each of so many calls."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def percentile(values: list[float], share: int) -> float:
    """Return the value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


if __name__ == "__main__":
    main()
