"""The sandbox: what a module may do, and that nothing which one does goes further than its call."""

import gc
import threading
from pathlib import Path
from typing import Any

import pytest

from heddle.adapters.plugins.wasmtime_sandbox import WasmtimeSandbox
from heddle.application.ports.plugins import Ran
from heddle.domain.plugins.limits import MIB, Limits
from heddle.errors import InvalidInput, PluginFailed
from tests.support import modules

SMALL = Limits(memory_mb=4, seconds=0.2, fuel=20_000_000, output_bytes=100_000, log_bytes=1_000)
LONG = Limits(memory_mb=4, seconds=0.05)


@pytest.fixture(scope="module")
def sandbox() -> WasmtimeSandbox:
    return WasmtimeSandbox()


def run(sandbox: WasmtimeSandbox, module: bytes, document: Any = None, limits: Limits = SMALL) -> Ran:
    return sandbox.run(sandbox.compile(module), "analyze", document or {}, limits)


def failure(sandbox: WasmtimeSandbox, module: bytes, limits: Limits = SMALL) -> PluginFailed:
    with pytest.raises(PluginFailed) as caught:
        run(sandbox, module, limits=limits)
    return caught.value


def test_a_module_reads_a_document_and_writes_one(sandbox: WasmtimeSandbox) -> None:
    module, _ = modules.example("word-count")

    ran = run(sandbox, module, {"content": {"text": 'Warp, "weft"\nand é. Really?! So'}, "config": {}})

    assert ran.output == {"words": 6, "sentences": 3}
    assert ran.memory_bytes == 64 * 1024
    assert 0 < ran.fuel < SMALL.fuel


def test_a_long_document_comes_through_whole(sandbox: WasmtimeSandbox) -> None:
    module, _ = modules.example("word-count")

    assert run(sandbox, module, {"content": {"text": "warp " * 200_000}}, Limits()).output["words"] == 200_000


@pytest.mark.parametrize(
    ("module", "limits", "code"),
    [
        (modules.LOOP, SMALL, "plugin_out_of_fuel"),
        (modules.LOOP, LONG, "plugin_timeout"),
        (modules.LOOP_BEFORE_THE_START, SMALL, "plugin_out_of_fuel"),
        (modules.LOOP_BEFORE_THE_START, LONG, "plugin_timeout"),
        (modules.EXIT_BEFORE_THE_START, SMALL, "plugin_exited"),
        (modules.TRAP, SMALL, "plugin_trapped"),
        (modules.DIVISION, SMALL, "plugin_trapped"),
        (modules.RECURSION, SMALL, "plugin_trapped"),
        (modules.OUT_OF_BOUNDS, SMALL, "plugin_trapped"),
        (modules.GREEDY, SMALL, "plugin_exited"),
        (modules.GREEDY_FROM_THE_START, SMALL, "plugin_out_of_memory"),
        (modules.GREEDY_FOR_TABLES, SMALL, "plugin_trapped"),
        (modules.EXITING, SMALL, "plugin_exited"),
        (modules.SILENT, SMALL, "plugin_output_invalid"),
        (modules.GARBAGE, SMALL, "plugin_output_invalid"),
        (modules.NOT_A_NUMBER, SMALL, "plugin_output_invalid"),
        (modules.TWO_DOCUMENTS, SMALL, "plugin_output_invalid"),
        (modules.TALKATIVE, SMALL, "plugin_output_too_large"),
    ],
)
def test_a_module_that_misbehaves_is_stopped_and_the_next_call_is_well(
    sandbox: WasmtimeSandbox, module: bytes, limits: Limits, code: str
) -> None:
    error = failure(sandbox, module, limits)

    assert (error.code, error.retryable) == (code, False)
    assert run(sandbox, modules.ANSWER).output == {"ok": True}


def test_memory_is_refused_above_the_limit(sandbox: WasmtimeSandbox) -> None:
    error = failure(sandbox, modules.GREEDY)

    assert error.details["memory_bytes"] <= error.details["memory_limit_bytes"] == 4 * MIB


def test_a_failure_carries_the_end_of_the_log(sandbox: WasmtimeSandbox) -> None:
    error = failure(sandbox, modules.failing_with_log("about to fail"))

    assert error.details["log"] == "about to fail"
    assert "unreachable" in error.message


def test_a_log_above_its_limit_is_cut_and_is_no_failure_itself(sandbox: WasmtimeSandbox) -> None:
    module = modules.writing("x" * 9_000, to=2)

    error = failure(sandbox, module)

    assert error.code == "plugin_output_invalid"
    assert error.details["log"] == "x" * 2_000


def test_an_input_above_the_limit_is_not_given(sandbox: WasmtimeSandbox) -> None:
    with pytest.raises(PluginFailed) as caught:
        run(sandbox, modules.ANSWER, {"text": "x" * 100}, Limits(input_bytes=50))

    assert caught.value.code == "plugin_input_too_large"


def test_what_the_compiler_refuses_is_no_module(sandbox: WasmtimeSandbox) -> None:
    valid = modules.wasm("(drop (i32.const 5))")

    with pytest.raises(InvalidInput) as caught:
        sandbox.compile(valid.replace(b"\x1a", b"\x6a"))

    assert caught.value.code == "plugin_not_wasm"


def test_a_text_that_is_wrong_says_where(sandbox: WasmtimeSandbox) -> None:
    with pytest.raises(InvalidInput, match="expected") as caught:
        sandbox.assemble("(module (func (i32.const))")

    assert caught.value.code == "plugin_not_wasm"


def test_the_environment_is_empty_and_nothing_is_open(
    sandbox: WasmtimeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    # Writes the number of variables, then what asking for an open folder answers: 8 is "bad descriptor".
    imports = (
        modules.FD_WRITE
        + f'(import "{modules.WASI}" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))'
        + f'(import "{modules.WASI}" "fd_prestat_get" (func $open (param i32 i32) (result i32)))'
    )
    body = """(drop (call $environ (i32.const 16) (i32.const 20)))
        (i32.store8 (i32.const 65) (i32.add (i32.const 48) (i32.load (i32.const 16))))
        (i32.store8 (i32.const 67) (i32.add (i32.const 48) (call $open (i32.const 3) (i32.const 16))))"""
    module = modules.wasm(body + modules.write(1, 5), imports=imports, more='(data (i32.const 64) "[_,_]")')

    assert run(sandbox, module).output == [0, 8]


def test_calls_at_the_same_time_do_not_disturb_each_other(sandbox: WasmtimeSandbox) -> None:
    good, loop = sandbox.compile(modules.ANSWER), sandbox.compile(modules.LOOP)
    codes: list[Any] = []

    def call(artefact: Any) -> None:
        try:
            codes.append(sandbox.run(artefact, "analyze", {}, LONG).output)
        except PluginFailed as error:
            codes.append(error.code)

    threads = [threading.Thread(target=call, args=(each,)) for each in (loop, good, loop, good)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, codes)) == ["plugin_timeout", "plugin_timeout", "{'ok': True}", "{'ok': True}"]


def test_nothing_is_left_open_after_calls(sandbox: WasmtimeSandbox) -> None:
    run(sandbox, modules.ANSWER)
    # Also while nobody looks for cycles: a failure's traceback is one, and would keep all that its call had.
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            run(sandbox, modules.ANSWER)
            failure(sandbox, modules.TRAP)

        left = [name for name in map(target_of, Path("/proc/self/fd").iterdir()) if "memfd:plugin-" in name]
        # Of 120 files; wasmtime closes the inputs of the last calls a moment later, on a thread of its own.
        assert len(left) < 5
    finally:
        gc.enable()


def target_of(descriptor: Path) -> str:
    """Return what a descriptor is of; nothing if it was closed in between."""
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:
        return ""
