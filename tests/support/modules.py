"""Modules of WebAssembly for tests, in the text format: each does one thing, most of them a bad one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import wasmtime

from heddle.domain.plugins.manifest import SECTION
from heddle.domain.plugins.module import with_section

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"

WASI = "wasi_snapshot_preview1"
FD_WRITE = f'(import "{WASI}" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))'
EXIT = f'(import "{WASI}" "proc_exit" (func $exit (param i32)))'
CLOCK = f'(import "{WASI}" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))'
RANDOM = f'(import "{WASI}" "random_get" (func $random (param i32 i32) (result i32)))'
SLEEP = f'(import "{WASI}" "poll_oneoff" (func (param i32 i32 i32 i32) (result i32)))'
OPEN = f'(import "{WASI}" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))'
SOCKET = f'(import "{WASI}" "sock_accept" (func (param i32 i32 i32) (result i32)))'
HOST = '(import "env" "system" (func (param i32) (result i32)))'


def wasm(body: str = "", *, imports: str = "", pages: int = 1, more: str = "") -> bytes:
    """Return a command that does `body`."""
    text = f'(module {imports} (memory (export "memory") {pages}) {more} (func (export "_start") {body}))'
    return bytes(wasmtime.wat2wasm(text))


def writing(output: str, *, then: str = "", to: int = 1, imports: str = "") -> bytes:
    """Return a command that writes this text, to standard output or (2) to standard error."""
    data = output.encode()
    quoted = "".join(f"\\{byte:02x}" for byte in data)
    return wasm(f"{write(to, len(data))} {then}", imports=FD_WRITE + imports, more=f'(data (i32.const 64) "{quoted}")')


def failing_with_log(log: str) -> bytes:
    """Return a command that writes to standard error and traps."""
    return writing(log, to=2, then="unreachable")


def write(to: int, length: int) -> str:
    """Return the instructions that write what lies at 64."""
    return f"""
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const {length}))
        (drop (call $fd_write (i32.const {to}) (i32.const 0) (i32.const 1) (i32.const 8)))"""


LOOP = wasm("(loop $for_ever (br $for_ever))")
LOOP_BEFORE_THE_START = wasm(more="(func $init (loop $for_ever (br $for_ever))) (start $init)")
EXIT_BEFORE_THE_START = wasm(imports=EXIT, more="(func $init (call $exit (i32.const 0))) (start $init)")
TRAP = wasm("unreachable")
DIVISION = wasm("(drop (i32.div_u (i32.const 1) (i32.const 0)))")
RECURSION = wasm("(call $again)", more="(func $again (call $again))")
OUT_OF_BOUNDS = wasm("(drop (i32.load (i32.const 0x7fffffff)))")
GREEDY_FROM_THE_START = wasm(pages=4096)
# Takes memory until it is refused, and ends as an allocator would: with an error of its own.
GREEDY_FOR_TABLES = wasm(more="(table 5000000 funcref)")
GREEDY = wasm(
    "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (call $exit (i32.const 3))",
    imports=EXIT,
)
SILENT = wasm()
GARBAGE = writing("<html>no JSON</html>")
NOT_A_NUMBER = writing('{"score": NaN}')
TWO_DOCUMENTS = writing("{} {}")
TALKATIVE = wasm(f"(loop $for_ever {write(1, 32768)} (br $for_ever))", imports=FD_WRITE)
EXITING = wasm("(call $exit (i32.const 7))", imports=EXIT)
ANSWER = writing('{"ok": true}')


def manifest(**fields: Any) -> dict[str, Any]:
    """Return a manifest that is right for a module that needs no permission."""
    return {"name": "example", "version": "1.0.0", **fields}


def packed(module: bytes, document: Mapping[str, Any]) -> bytes:
    """Return the module with its manifest inside."""
    return with_section(module, SECTION, json.dumps(document).encode())


def example(name: str) -> tuple[bytes, dict[str, Any]]:
    """Return an example plugin, built now from its text, and its manifest."""
    folder = EXAMPLES / name
    module = bytes(wasmtime.wat2wasm((folder / "plugin.wat").read_text(encoding="utf-8")))
    return module, json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
