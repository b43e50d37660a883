"""The `code` node: text, bytes, uploads and plugins, all in the same sandbox."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.testing.node_runners import node_runners
from tests.support import modules

# Writes its input back: what comes on standard input goes to standard output.
ECHO = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 65536))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))))"""


WANTS_ARGUMENTS = '(module (memory (export "memory") 1) (func (export "_start") (param i32)))'


@pytest.fixture
def blobs() -> MemoryBlobStore:
    return MemoryBlobStore()


@pytest.fixture
def run(blobs: MemoryBlobStore) -> Any:
    code = node_runners(blobs=blobs)["code"]

    def run(config: Mapping[str, Any], tenant: str = "acme") -> NodeResult:
        return code(NodeTask(tenant, "r1", "n1", 1, "code", config, 30.0, "key", "c-1"))

    return run


def test_text_is_assembled_and_given_its_input(run: Any) -> None:
    output = run({"wat": ECHO, "input": {"text": "é"}, "config": {"a": 1}}).output

    assert output["value"] == {"input": {"text": "é"}, "config": {"a": 1}}
    assert output["fuel"] > 0 and output["memory_bytes"] == 2 * 64 * 1024


def test_bytes_and_uploads_are_run_too(run: Any, blobs: MemoryBlobStore) -> None:
    blobs.receive("acme/uploads/a.wasm", modules.ANSWER, media_type="application/wasm")

    assert run({"wasm": base64.b64encode(modules.ANSWER).decode()}).output["value"] == {"ok": True}
    assert run({"object": "acme/uploads/a.wasm"}).output["value"] == {"ok": True}


def test_an_upload_of_another_tenant_is_not_there(run: Any, blobs: MemoryBlobStore) -> None:
    blobs.receive("acme/uploads/a.wasm", modules.ANSWER, media_type="application/wasm")

    with pytest.raises(NodeError) as caught:
        run({"object": "acme/uploads/a.wasm"}, "stranger")

    assert caught.value.code == "code_object_not_found"


def packed(module: bytes) -> dict[str, Any]:
    return {"wasm": base64.b64encode(module).decode(), "timeout": 0.2, "memory_mb": 4}


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({}, "node_config_invalid"),
        ({"wat": "(module)", "plugin": "a"}, "node_config_invalid"),
        ({"wat": 5}, "node_config_invalid"),
        ({"wasm": "?"}, "node_config_invalid"),
        ({"wat": ECHO, "timeout": 0}, "node_config_invalid"),
        ({"wat": ECHO, "memory_mb": 1000}, "node_config_invalid"),
        ({"wat": ECHO, "config": []}, "node_config_invalid"),
        ({"wat": "(modul)"}, "plugin_not_wasm"),
        ({"wasm": "AAAA"}, "plugin_not_wasm"),
        ({"wat": f"(module {modules.OPEN})"}, "plugin_import_forbidden"),
        ({"wat": f"(module {modules.SOCKET})"}, "plugin_import_forbidden"),
        ({"plugin": "nobody"}, "plugin_not_found"),
        ({"object": "acme/uploads/none"}, "code_object_not_found"),
        (packed(modules.LOOP), "plugin_timeout"),
        (packed(modules.GREEDY), "plugin_exited"),
        (packed(modules.TRAP), "plugin_trapped"),
        (packed(modules.GARBAGE), "plugin_output_invalid"),
        ({"wat": "(module)"}, "plugin_entry_missing"),
        ({"wat": WANTS_ARGUMENTS}, "plugin_trapped"),
    ],
)
def test_what_cannot_be_run_says_why_and_is_not_tried_again(run: Any, config: dict[str, Any], code: str) -> None:
    with pytest.raises(NodeError) as caught:
        run(config)

    assert (caught.value.code, caught.value.retryable) == (code, False)
