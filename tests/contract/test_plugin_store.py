"""What the stores of plugins, their files and their calls promise, whatever keeps them."""

from dataclasses import replace
from typing import Any

import pytest

from heddle.application.ports.plugins import PluginCall
from heddle.domain.plugins.manifest import read_manifest
from heddle.domain.plugins.plugin import Compiled, Plugin, PluginVersion
from heddle.errors import NotFound, VersionConflict
from tests.contract.aws import Stores

AT = "2026-01-01T12:00:00+00:00"


def version(tenant: str, name: str = "count", number: str = "1.0.0", sha256: str = "a" * 64) -> PluginVersion:
    manifest = read_manifest(
        {
            "name": name,
            "version": number,
            "description": "d",
            "input_types": ["html"],
            "permissions": ["clock"],
            "config_schema": {"type": "object", "properties": {"n": {"type": "number"}}},
            "limits": {"memory_mb": 64, "seconds": 1.5},
        }
    )
    compiled = Compiled("wasmtime-1/1/x86_64", f"{tenant}/plugins/{name}/b.cwasm", "b" * 64, "c" * 64)
    key = f"{tenant}/plugins/{name}/a.wasm"
    return PluginVersion(tenant, manifest, sha256, 5, key, compiled, f"2026-01-01T12:00:0{number[0]}+00:00", "user:ada")


def plugin(tenant: str, name: str = "count", revision: int = 1, **fields: Any) -> Plugin:
    values: dict[str, Any] = {"current": version(tenant, name), "enabled": False, **fields}
    return Plugin(
        tenant,
        name,
        revision=revision,
        created_at=AT,
        updated_at=AT,
        updated_by="user:ada",
        config={"n": 1.5},
        **values,
    )


def test_a_plugin_comes_back_as_it_was_with_its_version(stores: Stores, tenant: str) -> None:
    made = plugin(tenant)
    stores.plugins.put(made)

    assert stores.plugins.get(tenant, "count") == made
    assert stores.plugins.version(tenant, "count", "1.0.0") == made.current
    assert stores.plugins.get(tenant, "other") is None
    assert stores.plugins.version(tenant, "count", "2.0.0") is None


def test_all_plugins_of_a_tenant_come_by_name(stores: Stores, tenant: str, stranger: str) -> None:
    for name in ("zoo", "ant", "cat"):
        stores.plugins.put(plugin(tenant, name))
    stores.plugins.put(plugin(stranger, "bee"))

    assert [each.name for each in stores.plugins.plugins(tenant)] == ["ant", "cat", "zoo"]


def test_a_plugin_of_another_tenant_is_not_there(stores: Stores, tenant: str, stranger: str) -> None:
    stores.plugins.put(plugin(tenant))

    assert stores.plugins.get(stranger, "count") is None
    assert stores.plugins.version(stranger, "count", "1.0.0") is None
    assert not stores.plugins.versions(stranger, "count")


def test_a_change_stands_behind_the_revision_that_was_read(stores: Stores, tenant: str) -> None:
    first = plugin(tenant)
    stores.plugins.put(first)
    stores.plugins.put(replace(first, enabled=True, revision=2))

    for late in (first, replace(first, revision=2), replace(first, revision=4)):
        with pytest.raises(VersionConflict):
            stores.plugins.put(late)
    with pytest.raises(VersionConflict):
        stores.plugins.delete(first)
    assert stores.plugins.get(tenant, "count").enabled


def test_versions_stay_and_never_change(stores: Stores, tenant: str) -> None:
    first = plugin(tenant)
    stores.plugins.put(first)
    second = replace(first, current=version(tenant, number="2.0.0", sha256="d" * 64), revision=2)
    stores.plugins.put(second)

    with pytest.raises(VersionConflict):
        stores.plugins.put(replace(second, current=version(tenant, sha256="e" * 64), revision=3))
    compiled_anew = replace(first.current, compiled=replace(first.current.compiled, target="wasmtime-2/1/x86_64"))
    stores.plugins.put(replace(second, current=compiled_anew, revision=3))

    assert [each.version for each in stores.plugins.versions(tenant, "count")] == ["2.0.0", "1.0.0"]
    assert stores.plugins.version(tenant, "count", "1.0.0") == compiled_anew


def test_a_deleted_plugin_is_nowhere_and_its_name_is_free(stores: Stores, tenant: str) -> None:
    made = plugin(tenant)
    stores.plugins.put(made)
    stores.plugins.delete(made)

    assert stores.plugins.get(tenant, "count") is None
    assert not stores.plugins.versions(tenant, "count")
    stores.plugins.put(plugin(tenant, current=version(tenant, sha256="f" * 64)))


def call(number: int) -> PluginCall:
    at = f"2026-01-01T12:00:{number:02d}+00:00"
    return PluginCall(
        f"c{number}", "count", "1.0.0", "analyze", "test", at, True, 0.5, 100, 65536, log=f"line {number}"
    )


def test_calls_come_newest_first_page_by_page(stores: Stores, tenant: str, stranger: str) -> None:
    for number in range(5):
        stores.plugin_log.add(tenant, call(number))
    stores.plugin_log.add(tenant, call(4))

    first = stores.plugin_log.calls(tenant, "count", limit=3)
    rest = stores.plugin_log.calls(tenant, "count", limit=3, cursor=first.cursor)

    assert [each.id for each in (*first.items, *rest.items)] == ["c4", "c3", "c2", "c1", "c0"]
    assert first.items[0] == call(4)
    assert rest.cursor is None
    assert not stores.plugin_log.calls(stranger, "count", limit=3).items


def test_files_come_back_to_their_tenant_only(stores: Stores, tenant: str, stranger: str) -> None:
    key = stores.plugin_files.put(tenant, "count", "a.wasm", b"\0asm")

    assert stores.plugin_files.get(tenant, key) == b"\0asm"
    for owner, missing in (
        (stranger, key),
        (tenant, f"{tenant}/plugins/count/b.wasm"),
        (tenant, f"{tenant}/uploads/a"),
    ):
        with pytest.raises(NotFound):
            stores.plugin_files.get(owner, missing)


def test_all_files_of_a_plugin_are_removed_and_no_others(stores: Stores, tenant: str) -> None:
    kept = stores.plugin_files.put(tenant, "counter", "a.wasm", b"a")
    for file in ("a.wasm", "b.cwasm"):
        stores.plugin_files.put(tenant, "count", file, b"b")

    assert stores.plugin_files.remove_all(tenant, "count") == 2
    assert stores.plugin_files.remove_all(tenant, "count") == 0
    assert stores.plugin_files.get(tenant, kept) == b"a"
