"""The sandbox of plugins: wasmtime, with every limit that it has.

Four limits, because each stops what the others do not: fuel counts instructions, so that a loop ends at the same place
each time; the epoch ends by the clock what is slow rather than long; memory is refused above its limit; what is written
goes into files that cannot grow. A module sees its arguments, an empty environment and three streams.

Each call has a store of its own, so that nothing of one call is left for the next.
"""

import hashlib
import json
import platform
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from typing import Any

import wasmtime
from wasmtime import ExitTrap, Trap, TrapCode, WasmtimeError

from heddle.adapters.plugins.streams import readable, writable
from heddle.application.ports.plugins import Artefact, Ran
from heddle.domain.plugins.limits import MIB, Limits
from heddle.domain.plugins.module import not_wasm
from heddle.errors import PluginFailed

SETTINGS = "1"  # part of every target: change it together with the engine's configuration below
TICK = 0.01  # seconds
MAX_STACK = 512 * 1024
TABLE_ELEMENTS = 100_000
LOG_TAIL = 2_000  # characters of the log that an error carries


class WasmtimeSandbox:
    """A Sandbox. Modules that were loaded are kept, the ones used last."""

    def __init__(self, *, keep: int = 32) -> None:
        self.engine = wasmtime.Engine(_config())
        self._linker = wasmtime.Linker(self.engine)
        self._linker.define_wasi()
        self._ticker = _Ticker(self.engine)
        self._modules: dict[bytes, wasmtime.Module] = {}
        self._keep = keep
        self._lock = threading.Lock()
        self.target = "/".join([f"wasmtime-{version('wasmtime')}", SETTINGS, platform.machine()])

    def compile(self, wasm: bytes) -> Artefact:
        try:
            module = wasmtime.Module(self.engine, wasm)
        except WasmtimeError as error:
            raise not_wasm(f"the compiler refuses it: {_first_line(error)}") from error
        return Artefact(self.target, bytes(module.serialize()))

    def assemble(self, text: str) -> bytes:
        """Return the module of a text in WebAssembly's text format; InvalidInput `plugin_not_wasm` if it is none."""
        try:
            return bytes(wasmtime.wat2wasm(text))
        except WasmtimeError as error:
            raise not_wasm(f"its text is wrong: {str(error).strip()[:600]}") from error

    def run(self, artefact: Artefact, word: str, document: Mapping[str, Any], limits: Limits) -> Ran:
        data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        if len(data) > limits.input_bytes:
            raise PluginFailed(
                f"the plugin would be given {len(data)} bytes; at most {limits.input_bytes} are",
                code="plugin_input_too_large",
            )
        call = _Call(self.engine, self._linker, limits)
        begun = time.perf_counter()
        with self._ticker.ticking():
            call(self._loaded(artefact), word, data)
        seconds = time.perf_counter() - begun
        return Ran(call.answer(), call.log, seconds, call.fuel_used, call.memory_bytes)

    def _loaded(self, artefact: Artefact) -> wasmtime.Module:
        key = hashlib.sha256(artefact.data).digest()
        with self._lock:
            module = self._modules.pop(key, None) or wasmtime.Module.deserialize(self.engine, artefact.data)
            self._modules[key] = module  # now the one used last
            while len(self._modules) > self._keep:
                del self._modules[next(iter(self._modules))]
        return module


class _Call:
    """One call of one module: its store, its streams, and how it ended."""

    def __init__(self, engine: wasmtime.Engine, linker: wasmtime.Linker, limits: Limits) -> None:
        self._linker, self._limits = linker, limits
        self._output, self._over, self.log = b"", False, ""
        self._store = wasmtime.Store(engine)
        self._store.set_fuel(limits.fuel)
        self._store.set_epoch_deadline(max(1, round(limits.seconds / TICK)))
        self._store.set_limits(
            memory_size=limits.memory_mb * MIB, table_elements=TABLE_ELEMENTS, instances=1, memories=1, tables=4
        )
        self.memory_bytes = self.fuel_used = 0

    def __call__(self, module: wasmtime.Module, word: str, data: bytes) -> None:
        limits = self._limits
        with (
            readable(data) as path,
            writable(limits.output_bytes) as output,
            writable(limits.log_bytes) as log,
            # Its memory and files at once, and not when a cycle through a failure's traceback is found.
            closing(self._store),
        ):
            wasi = wasmtime.WasiConfig()
            wasi.argv = ["plugin", word]
            wasi.stdin_file, wasi.stdout_file, wasi.stderr_file = path, output.path, log.path
            output.bound()
            log.bound()
            self._store.set_wasi(wasi)
            ended = self._end_of(module)
            self.fuel_used = limits.fuel - self._store.get_fuel()
            self._output, self._over = output.read()
            self.log = log.read()[0].decode("utf-8", "replace").replace("\0", "�")
        if ended is not None:
            raise self._failure(ended) from ended

    def _end_of(self, module: wasmtime.Module) -> Exception | None:
        """Run the module; return what it ended by, None if it came to its end."""
        try:
            instance = self._linker.instantiate(self._store, module)
        except (ExitTrap, Trap) as error:  # a module may have code that runs before anything is called
            return error
        except WasmtimeError as error:
            return _NotBegun(str(error))
        try:
            start = instance.exports(self._store)["_start"]
            assert isinstance(start, wasmtime.Func)
            start(self._store)
        except (ExitTrap, Trap, WasmtimeError, TypeError) as error:  # TypeError: it wants arguments
            return error
        finally:
            memory = instance.exports(self._store).get("memory")
            if isinstance(memory, wasmtime.Memory):
                self.memory_bytes = memory.data_len(self._store)
        return None

    def answer(self) -> Any:
        """Return the JSON document that was written, and nothing else."""
        if self._over:
            raise self._failed("plugin_output_too_large", "it wrote too much")
        try:
            return json.loads(self._output, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            what = "nothing" if not self._output.strip() else "something that is not one JSON document"
            raise self._failed("plugin_output_invalid", f"it wrote {what} to standard output") from None

    def _failure(self, ended: Exception) -> PluginFailed:
        limits = self._limits
        if isinstance(ended, _NotBegun):
            if "memory" in str(ended) and "limit" in str(ended):
                return self._failed("plugin_out_of_memory", f"it begins with more than {limits.memory_mb} MiB")
            return self._failed("plugin_trapped", f"it cannot begin: {_first_line(ended)}")
        if isinstance(ended, ExitTrap):
            return self._failed("plugin_exited", f"it ended with status {ended.code}", status=ended.code)
        code = ended.trap_code if isinstance(ended, Trap) else None
        if code == TrapCode.OUT_OF_FUEL:
            return self._failed("plugin_out_of_fuel", f"it used up its {limits.fuel} units of fuel")
        if code == TrapCode.INTERRUPT:
            return self._failed("plugin_timeout", f"it was not done after {limits.seconds:g} seconds")
        reason = code.name.lower().replace("_", " ") if code else _first_line(ended)
        return self._failed("plugin_trapped", f"it was stopped by an error of its own: {reason}", trap=reason)

    def _failed(self, code: str, what: str, **details: Any) -> PluginFailed:
        if self._over:  # whatever became of it after that
            code, what = "plugin_output_too_large", f"it wrote more than {self._limits.output_bytes} bytes"
        return PluginFailed(
            f"the plugin failed: {what}",
            code=code,
            memory_bytes=self.memory_bytes,
            memory_limit_bytes=self._limits.memory_mb * MIB,
            log=self.log[-LOG_TAIL:],
            **details,
        )


class _NotBegun(Exception):
    """A module that cannot be instantiated."""


class _Ticker:
    """Moves the engine's epoch on while calls are running, by one thread that waits between them.

    A thread per call would be tidier, and cost more than the call: starting one waits until it runs.
    """

    def __init__(self, engine: wasmtime.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._calls = 0
        self._busy = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def ticking(self) -> Iterator[None]:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, daemon=True, name="plugin-epoch")
                self._thread.start()
            self._calls += 1
            self._busy.set()
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1
                if self._calls == 0:
                    self._busy.clear()

    def _tick(self) -> None:
        while True:
            self._busy.wait()
            time.sleep(TICK)
            self._engine.increment_epoch()


def _config() -> wasmtime.Config:
    config = wasmtime.Config()
    config.consume_fuel = True
    config.epoch_interruption = True
    config.max_wasm_stack = MAX_STACK
    config.wasm_threads = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = False
    config.wasm_relaxed_simd = False
    return config


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
