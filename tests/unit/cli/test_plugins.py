"""`heddle plugins` against the API in this process, with the example that is built from its text right here."""

import json
from pathlib import Path
from typing import Any

import pytest

from heddle.domain.plugins.manifest import manifest_of
from heddle.domain.plugins.module import read_module, with_section
from heddle.testing.api import ApiStage
from heddle_sdk import Client
from heddle_sdk.plugins import packed
from tests.support import modules
from tests.unit.cli.conftest import Command

EXAMPLE = str(modules.EXAMPLES / "word-count" / "plugin.wat")


@pytest.fixture(autouse=True)
def uploads(whole_stage: ApiStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files that are uploaded arrive in the stage of this process."""

    def put(url: str, content: bytes, headers: dict[str, str], timeout: float) -> Any:
        whole_stage.ports.blobs.receive(url.removeprefix("memory:"), content, media_type=headers["Content-Type"])
        return type("Answer", (), {"status_code": 200})

    monkeypatch.setattr("heddle_sdk.resources.httpx.put", put)


def test_a_plugin_is_uploaded_enabled_tried_and_deleted(heddle: Command) -> None:
    assert heddle("plugins", "list").output.startswith("no plugins yet")

    assert "word-count 1.0.0  disabled" in heddle("plugins", "upload", EXAMPLE).output
    assert "enabled" in heddle("plugins", "enable", "word-count").output
    tried = heddle("plugins", "test", "word-count", "Warp and weft. Done!")
    assert '"words": 4' in tried.output and "instructions" in tried.output
    shown = heddle("plugins", "show", "word-count").output
    assert "Counts the words" in shown and "healthy" in shown and "20 MiB" in shown
    assert "Counts the words" in heddle("plugins", "list").output
    assert "test" in heddle("plugins", "logs", "word-count").output
    assert "wasmtime-" in heddle("plugins", "reload", "word-count").output
    assert "disabled" in heddle("plugins", "disable", "word-count").output
    assert "is deleted" in heddle("plugins", "delete", "word-count").output
    assert heddle("plugins", "show", "word-count").exit_code != 0


def test_every_command_answers_a_program(heddle: Command) -> None:
    uploaded = json.loads(heddle("plugins", "upload", EXAMPLE, "--enable", "--json").output)

    assert (uploaded["name"], uploaded["enabled"]) == ("word-count", True)
    assert [each["name"] for each in json.loads(heddle("plugins", "list", "--json").output)] == ["word-count"]
    assert json.loads(heddle("plugins", "test", "word-count", "a b", "--json").output)["output"]["words"] == 2
    assert len(json.loads(heddle("plugins", "logs", "word-count", "--json").output)) == 1
    for command in (("show",), ("enable",), ("reload",), ("disable",), ("config", "{}")):
        assert json.loads(heddle("plugins", command[0], "word-count", *command[1:], "--json").output)["name"]
    assert json.loads(heddle("plugins", "delete", "word-count", "--json").output) == {"deleted": "word-count"}


def test_a_plugin_that_fails_ends_the_command_with_its_reason_and_its_log(heddle: Command, tmp_path: Path) -> None:
    file = tmp_path / "p.wasm"
    file.write_bytes(packed(modules.failing_with_log("the heddle is torn"), modules.manifest()))
    heddle("plugins", "upload", str(file))

    done = heddle("plugins", "test", "example", "--input", "[1]")

    assert done.exit_code == 1
    assert "the heddle is torn" in done.output
    assert "plugin_trapped" in heddle("plugins", "logs", "example").output


def test_a_packed_file_has_its_manifest_inside(heddle: Command, tmp_path: Path) -> None:
    file = tmp_path / "word-count.wasm"

    assert "bytes" in heddle("plugins", "pack", EXAMPLE, str(file)).output

    assert manifest_of(read_module(file.read_bytes()), None).name == "word-count"
    assert "word-count 1.0.0" in heddle("plugins", "upload", str(file)).output


def test_the_sdk_packs_as_the_platform_does() -> None:
    document = modules.manifest(description="é" * 200)

    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    assert packed(modules.ANSWER, document) == with_section(modules.ANSWER, "heddle.manifest", content)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("test", "word-count"), "either a text or --input"),
        (("test", "word-count", "--input", "{"), "not JSON"),
        (("config", "word-count", "{"), "not JSON"),
        (("upload", "nowhere.wasm"), "does not exist"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(heddle: Command, words: tuple[str, ...], says: str) -> None:
    done = heddle("plugins", *words)

    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())


def test_a_text_that_is_no_module_and_one_without_manifest_are_refused(heddle: Command, tmp_path: Path) -> None:
    broken, bare = tmp_path / "a.wat", tmp_path / "b.wasm"
    broken.write_text("(modul)")
    bare.write_bytes(modules.ANSWER)

    assert heddle("plugins", "upload", str(broken)).exit_code == 2
    assert heddle("plugins", "pack", str(bare), str(tmp_path / "c.wasm")).exit_code == 2


def test_a_client_uploads_bytes_and_calls_as_a_node_does(client: Client) -> None:
    plugin = client.plugins.upload(modules.ANSWER, modules.manifest())

    assert (plugin.version, plugin.new) == ("1.0.0", True)
    assert client.plugins.test("example", input={"a": 1}).output == {"ok": True}
    assert [call.source for call in client.plugins.logs("example")] == ["test"]
