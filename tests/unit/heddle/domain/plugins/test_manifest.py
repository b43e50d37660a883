"""Manifests: what they may say, and modules that are not what their manifest says."""

from typing import Any

import pytest
import wasmtime

from heddle.domain.plugins.manifest import manifest_of, read_manifest
from heddle.domain.plugins.module import read_module, with_section
from heddle.errors import InvalidInput
from tests.support.modules import (
    ANSWER,
    CLOCK,
    FD_WRITE,
    HOST,
    OPEN,
    RANDOM,
    SLEEP,
    SOCKET,
    example,
    manifest,
    packed,
    wasm,
)


def refused(module: bytes, document: dict[str, Any] | None) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        manifest_of(read_module(module), document)
    return caught.value


def test_a_manifest_comes_beside_the_module_or_in_it() -> None:
    beside = manifest_of(read_module(ANSWER), manifest(input_types=["text", "html"]))
    inside = manifest_of(read_module(packed(ANSWER, manifest(input_types=["html", "text"]))), None)

    assert beside == inside
    assert beside.takes("html") and not beside.takes("pdf")


def test_a_manifest_reads_what_it_writes() -> None:
    document = manifest(
        description="d", author="a", permissions=["random", "clock"], limits={"memory_mb": 64, "seconds": 0.5}
    )

    checked = read_manifest(document)

    assert read_manifest(checked.to_json()) == checked
    assert checked.permissions == ("clock", "random")


def test_the_examples_have_manifests_that_are_true() -> None:
    module, document = example("word-count")

    assert manifest_of(read_module(module), document).name == "word-count"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "other"}, "manifest.name"),
        ({"version": "1.0.1"}, "manifest.version"),
        ({"input_types": ["pdf"]}, "manifest.input_types"),
        ({"config_schema": {"type": "object"}}, "manifest.config_schema"),
    ],
)
def test_a_manifest_that_differs_from_the_one_inside_is_a_lie(change: dict[str, Any], field: str) -> None:
    error = refused(packed(ANSWER, manifest()), manifest(**change))

    assert error.code == "plugin_manifest_mismatch"
    assert [each["field"] for each in error.details["errors"]] == [field]


@pytest.mark.parametrize(
    ("imports", "permissions"), [(CLOCK, []), (RANDOM, ["clock"]), ("", ["clock"]), (CLOCK + RANDOM, ["random"])]
)
def test_permissions_that_are_not_what_the_imports_need_are_a_lie(imports: str, permissions: list[str]) -> None:
    error = refused(wasm(imports=imports), manifest(permissions=permissions))

    assert error.code == "plugin_permissions_mismatch"
    assert error.details["errors"][0]["field"] == "manifest.permissions"


def test_permissions_that_the_imports_need_are_given() -> None:
    module = wasm(imports=CLOCK + RANDOM + FD_WRITE)

    assert manifest_of(read_module(module), manifest(permissions=["clock", "random"]))


@pytest.mark.parametrize(
    "imports", [OPEN, SOCKET, SLEEP, HOST, '(import "wasi_snapshot_preview1" "fd_write" (memory 1))']
)
def test_files_sockets_sleep_and_other_hosts_are_refused_by_name(imports: str) -> None:
    text = f'(module {imports} (func (export "_start")))'
    error = refused(bytes(wasmtime.wat2wasm(text)), manifest())

    assert error.code == "plugin_import_forbidden"
    assert len(error.details["imports"]) == 1


def test_a_module_without_an_entry_is_no_plugin() -> None:
    assert refused(bytes(wasmtime.wat2wasm("(module)")), manifest()).code == "plugin_entry_missing"


def test_a_module_without_a_manifest_says_where_it_is_looked_for() -> None:
    error = refused(ANSWER, None)

    assert (error.code, "heddle.manifest" in error.message) == ("plugin_manifest_missing", True)


def test_a_section_that_is_no_object_is_refused() -> None:
    for content in (b"[]", b"{", b"\xff", b"[" * 50_000, b" " * 70_000):
        assert refused(with_section(ANSWER, "heddle.manifest", content), None).code == "plugin_manifest_invalid"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Bad Name"}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a"}, "name"),
        ({"name": "../x"}, "name"),
        ({"version": "1.0"}, "version"),
        ({"version": "latest"}, "version"),
        ({"version": "1.0.0+5"}, "version"),
        ({"description": 5}, "description"),
        ({"author": "a" * 201}, "author"),
        ({"input_types": ["video"]}, "input_types"),
        ({"input_types": "html"}, "input_types"),
        ({"permissions": ["network"]}, "permissions"),
        ({"permissions": [["clock"]]}, "permissions"),
        ({"config_schema": []}, "config_schema"),
        ({"config_schema": {"type": "string"}}, "config_schema.type"),
        ({"limits": 5}, "limits"),
        ({"limits": {"fuel": 1}}, "limits"),
        ({"limits": {"memory_mb": 4096}}, "limits.memory_mb"),
        ({"limits": {"memory_mb": 0}}, "limits.memory_mb"),
        ({"limits": {"seconds": 60}}, "limits.seconds"),
        ({"limits": {"seconds": 0}}, "limits.seconds"),
        ({"network": True}, "network"),
    ],
)
def test_each_field_that_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_manifest(manifest(**change))

    assert caught.value.code == "plugin_manifest_invalid"
    assert [each["field"] for each in caught.value.details["errors"]] == [f"manifest.{field}"]
