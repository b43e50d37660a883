"""Plugins in an analysis: each that fails is a warning, and the others give their results."""

import hashlib
from typing import Any

import pytest

from heddle.adapters.plugins.wasmtime_sandbox import WasmtimeSandbox
from heddle.application.ports.plugins import PluginContent, PluginResults
from heddle.domain.plugins.manifest import manifest_of
from heddle.domain.plugins.module import read_module
from heddle.domain.plugins.plugin import Plugin, PluginVersion
from heddle.errors import UpstreamUnavailable
from heddle.testing.plugins import DirectPlugins
from tests.support import modules

AT = "2026-01-01T12:00:00+00:00"
CONTENT = PluginContent("Warp and weft.", "html", {"title": "Looms"})


def add(
    plugins: DirectPlugins, name: str, wasm: bytes, *, tenant: str = "acme", enabled: bool = True, **fields: Any
) -> None:
    manifest = manifest_of(
        read_module(wasm), modules.manifest(name=name, limits={"memory_mb": 4, "seconds": 0.1}, **fields)
    )
    compiled = plugins.load.compile(tenant, name, manifest.version, wasm)
    digest = hashlib.sha256(wasm).hexdigest()
    key = plugins.files.put(tenant, name, f"{digest}.wasm", wasm)
    version = PluginVersion(tenant, manifest, digest, len(wasm), key, compiled, AT, "user:ada")
    plugins.store.put(Plugin(tenant, name, version, enabled, 1, AT, AT, "user:ada"))


@pytest.fixture
def plugins() -> DirectPlugins:
    made = DirectPlugins()
    add(made, "answer", modules.ANSWER)
    return made


def codes(found: PluginResults) -> dict[str, str]:
    return {each.plugin: each.code for each in found.warnings}


def test_whatever_a_plugin_does_the_others_give_their_results(plugins: DirectPlugins) -> None:
    bad = {
        "garbage": (modules.GARBAGE, "plugin_output_invalid"),
        "greedy": (modules.GREEDY, "plugin_exited"),
        "huge": (modules.GREEDY_FROM_THE_START, "plugin_out_of_memory"),
        "loop": (modules.LOOP, "plugin_timeout"),
        "recursion": (modules.RECURSION, "plugin_trapped"),
        "talkative": (modules.TALKATIVE, "plugin_output_too_large"),
        "trap": (modules.TRAP, "plugin_trapped"),
    }
    for name, (wasm, _) in bad.items():
        add(plugins, name, wasm)

    found = plugins.runner.run("acme", CONTENT)

    assert found.results == {"answer": {"ok": True}}
    assert codes(found) == {name: code for name, (_, code) in bad.items()}


def test_only_those_that_are_enabled_and_take_the_content_are_run(plugins: DirectPlugins) -> None:
    add(plugins, "resting", modules.ANSWER, enabled=False)
    add(plugins, "for-pdf", modules.ANSWER, input_types=["pdf"])
    add(plugins, "for-html", modules.ANSWER, input_types=["html", "markdown"])
    add(plugins, "elsewhere", modules.ANSWER, tenant="stranger")

    found = plugins.runner.run("acme", CONTENT)

    assert (sorted(found.results), list(found.warnings)) == (["answer", "for-html"], [])


def test_of_those_that_are_named_each_says_why_it_was_not_run(plugins: DirectPlugins) -> None:
    add(plugins, "resting", modules.ANSWER, enabled=False)
    add(plugins, "for-pdf", modules.ANSWER, input_types=["pdf"])
    add(plugins, "elsewhere", modules.ANSWER, tenant="stranger")

    found = plugins.runner.run("acme", CONTENT, names=["answer", "resting", "for-pdf", "elsewhere", "answer"])

    assert list(found.results) == ["answer"]
    assert codes(found) == {
        "resting": "plugin_disabled",
        "for-pdf": "plugin_content_type",
        "elsewhere": "plugin_not_found",
    }


def test_none_are_run_when_none_are_named(plugins: DirectPlugins) -> None:
    assert plugins.runner.run("acme", CONTENT, names=[]) == PluginResults({}, [])


def test_a_plugin_gets_the_content_and_its_configuration_with_what_this_call_adds(
    plugins: DirectPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []
    run = WasmtimeSandbox.run

    def watched(*arguments: Any) -> Any:
        given.append(arguments[2:4])
        return run(*arguments)

    monkeypatch.setattr(WasmtimeSandbox, "run", watched)

    plugins.runner.run("acme", CONTENT, params={"answer": {"n": 2}})

    content = {"text": "Warp and weft.", "content_type": "html", "metadata": {"title": "Looms"}}
    assert given == [("analyze", {"content": content, "config": {"n": 2}})]


def test_together_they_have_only_so_much_time(plugins: DirectPlugins) -> None:
    for name in ("loop-1", "loop-2", "loop-3"):
        add(plugins, name, modules.LOOP)

    found = plugins.runner.run("acme", CONTENT, names=["loop-1", "loop-2", "loop-3", "answer"], seconds=0.12)

    assert not found.results
    assert codes(found)["answer"] == "plugin_no_time"


def test_a_log_that_cannot_be_written_takes_no_result_away(
    plugins: DirectPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> None:
        raise UpstreamUnavailable("no answer")

    monkeypatch.setattr(plugins.log, "add", down)

    assert plugins.runner.run("acme", CONTENT).results == {"answer": {"ok": True}}


def test_files_that_are_gone_are_a_warning(plugins: DirectPlugins) -> None:
    plugins.files.files.clear()

    assert codes(plugins.runner.run("acme", CONTENT)) == {"answer": "plugin_file_not_found"}


def test_an_artefact_for_another_target_is_compiled_anew(
    plugins: DirectPlugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    updated = WasmtimeSandbox()
    updated.target = "wasmtime-99.0.0/1/x86_64"
    after = DirectPlugins(plugins.store, plugins.files, plugins.log)
    monkeypatch.setattr("heddle.testing.plugins.sandbox", lambda: updated)

    assert after.runner.run("acme", CONTENT).results == {"answer": {"ok": True}}
