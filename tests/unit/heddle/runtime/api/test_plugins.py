"""Plugins over REST: their life from upload to delete, and every way in which one is refused."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from heddle.domain.plugins.limits import MAX_WASM_BYTES
from heddle.testing.api import ApiStage, Caller
from tests.support import modules
from tests.support.modules import manifest

LIMITS = {"memory_mb": 4, "seconds": 0.2}


def body(module: bytes, **fields: Any) -> dict[str, Any]:
    return {"wasm": base64.b64encode(module).decode(), "manifest": manifest(limits=LIMITS, **fields)}


def upload(caller: Caller, module: bytes = modules.ANSWER, **fields: Any) -> dict[str, Any]:
    answer = caller.post("/plugins", body(module, **fields))
    assert answer.status in (200, 201), answer.json
    return dict(answer.json)


def test_a_plugin_lives_from_its_upload_to_its_end(editor: Caller) -> None:
    wasm, document = modules.example("word-count")

    made = editor.post("/plugins", {"wasm": base64.b64encode(wasm).decode(), "manifest": document})
    assert (made.status, made.json["enabled"], made.json["new"]) == (201, False, True)
    assert editor.post("/plugins/word-count/enable").json["enabled"]
    tried = editor.post("/plugins/word-count/test", {"content": {"text": "Warp and weft."}}).json
    assert (tried["ok"], tried["output"]) == (True, {"words": 3, "sentences": 1})
    assert editor.post("/plugins/word-count/reload").json["current"] == made.json["current"]
    whole = editor.get("/plugins/word-count").json
    assert (whole["health"], [each["version"] for each in whole["versions"]]) == ("healthy", ["1.0.0"])
    (call,) = editor.get("/plugins/word-count/logs").json["items"]
    assert (call["ok"], call["source"], call["version"]) == (True, "test", "1.0.0")
    assert not editor.post("/plugins/word-count/disable").json["enabled"]
    assert editor.delete("/plugins/word-count").status == 204
    assert editor.get("/plugins/word-count").json["code"] == "plugin_not_found"
    assert editor.get("/plugins").json["items"] == []


def test_nothing_is_left_of_a_plugin_that_was_deleted(stage: ApiStage, editor: Caller) -> None:
    upload(editor)

    editor.delete("/plugins/example")

    assert not stage.ports.plugin_files.files
    assert not stage.ports.plugins.versions("acme", "example")


def test_an_upload_is_taken_with_its_manifest_inside(stage: ApiStage, editor: Caller) -> None:
    packed = modules.packed(modules.ANSWER, manifest(limits=LIMITS))
    stage.ports.blobs.receive("acme/uploads/p.wasm", packed, media_type="application/wasm")

    assert editor.post("/plugins", {"object": "acme/uploads/p.wasm"}).json["name"] == "example"


def test_the_same_module_again_changes_nothing(editor: Caller) -> None:
    first = upload(editor)

    again = editor.post("/plugins", body(modules.ANSWER))

    assert (again.status, again.json["new"], again.json["revision"]) == (200, False, first["revision"])


def test_another_version_takes_the_place_at_once_and_the_older_one_can_be_named(editor: Caller) -> None:
    upload(editor)
    editor.post("/plugins/example/enable")
    upload(editor, modules.writing('{"second": true}'), version="2.0.0")

    now = editor.post("/plugins/example/test", {"input": 1}).json
    before = editor.post("/plugins/example/test", {"input": 1, "version": "1.0.0"}).json

    assert (now["output"], now["version"]) == ({"second": True}, "2.0.0")
    assert (before["output"], before["version"]) == ({"ok": True}, "1.0.0")
    assert editor.get("/plugins/example").json["enabled"]
    assert editor.post("/plugins/example/test", {"version": "3.0.0"}).json["code"] == "plugin_not_found"


def test_a_version_never_changes(editor: Caller) -> None:
    upload(editor)

    for other in (body(modules.SILENT), body(modules.ANSWER, description="another")):
        answer = editor.post("/plugins", other)

        assert (answer.status, answer.json["code"]) == (409, "plugin_version_exists")


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def test_a_configuration_is_checked_by_the_plugins_own_schema(editor: Caller) -> None:
    upload(editor, config_schema=SCHEMA)

    early = editor.post("/plugins/example/enable")
    wrong = editor.put("/plugins/example/config", {"config": {"n": "many"}})
    right = editor.put("/plugins/example/config", {"config": {"n": 5}})

    assert (early.status, early.json["code"]) == (409, "plugin_config_needed")
    assert (wrong.json["code"], wrong.json["errors"][0]["field"]) == ("plugin_config_invalid", "config.n")
    assert right.json["config"] == {"n": 5}
    assert editor.post("/plugins/example/enable").status == 200


def test_a_plugin_without_a_schema_takes_no_configuration(editor: Caller) -> None:
    upload(editor)

    assert editor.put("/plugins/example/config", {"config": {"n": 1}}).json["code"] == "plugin_config_invalid"
    assert editor.put("/plugins/example/config", {"config": {}}).status == 200


def test_a_version_that_the_configuration_does_not_fit_is_refused_while_it_is_enabled(editor: Caller) -> None:
    upload(editor)
    editor.post("/plugins/example/enable")

    answer = editor.post("/plugins", body(modules.ANSWER, version="2.0.0", config_schema=SCHEMA))

    assert answer.json["code"] == "plugin_config_invalid"
    assert editor.get("/plugins/example").json["current"]["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({}, "invalid_body"),
        ({"wasm": "AAAA", "object": "x"}, "invalid_body"),
        ({"wasm": "?", "manifest": manifest()}, "invalid_input"),
        ({"object": "acme/uploads/none"}, "upload_not_found"),
        ({"object": "stranger/uploads/p.wasm"}, "upload_not_found"),
        (body(b"%PDF-1.7"), "plugin_not_wasm"),
        (body(b""), "plugin_not_wasm"),
        (body(modules.wasm("(drop (i32.const 5))").replace(b"\x1a", b"\x6a")), "plugin_not_wasm"),
        ({"wasm": base64.b64encode(modules.ANSWER).decode()}, "plugin_manifest_missing"),
        (body(modules.ANSWER, name="No Name"), "plugin_manifest_invalid"),
        (body(modules.ANSWER, config_schema={"type": "object", "properties": 5}), "plugin_manifest_invalid"),
        (body(modules.packed(modules.ANSWER, manifest(limits=LIMITS)), version="9.9.9"), "plugin_manifest_mismatch"),
        (body(modules.packed(modules.ANSWER, manifest(limits=LIMITS)), name="other"), "plugin_manifest_mismatch"),
        (body(modules.wasm(imports=modules.CLOCK)), "plugin_permissions_mismatch"),
        (body(modules.ANSWER, permissions=["clock"]), "plugin_permissions_mismatch"),
        (body(modules.wasm(imports=modules.SOCKET)), "plugin_import_forbidden"),
        (body(modules.wasm(imports=modules.OPEN)), "plugin_import_forbidden"),
        (body(modules.wasm(imports=modules.HOST)), "plugin_import_forbidden"),
    ],
)
def test_what_is_refused_leaves_nothing(stage: ApiStage, editor: Caller, request_body: Any, code: str) -> None:
    answer = editor.post("/plugins", request_body)

    assert (answer.json["code"], answer.status in (400, 404)) == (code, True)
    assert editor.get("/plugins").json["items"] == []
    assert not stage.ports.plugin_files.files


def test_a_module_above_the_limit_is_refused_unread(stage: ApiStage, editor: Caller) -> None:
    large = bytes(MAX_WASM_BYTES + 1)
    stage.ports.blobs.receive("acme/uploads/p.wasm", large, media_type="application/wasm")

    answer = editor.post("/plugins", {"object": "acme/uploads/p.wasm"})

    assert (answer.status, answer.json["code"]) == (413, "plugin_too_large")


@pytest.mark.parametrize(
    ("module", "code"),
    [
        (modules.LOOP, "plugin_timeout"),
        (modules.GREEDY, "plugin_exited"),
        (modules.TRAP, "plugin_trapped"),
        (modules.GARBAGE, "plugin_output_invalid"),
    ],
)
def test_a_call_that_fails_is_an_answer_and_is_in_the_log(editor: Caller, module: bytes, code: str) -> None:
    upload(editor, module)

    answer = editor.post("/plugins/example/test", {"input": None})

    assert (answer.status, answer.json["ok"], answer.json["error"]["code"]) == (200, False, code)
    (call,) = editor.get("/plugins/example/logs").json["items"]
    assert (call["ok"], call["code"]) == (False, code)
    assert editor.get("/plugins/example").json["health"] == "unhealthy"


def test_what_a_plugin_writes_to_its_log_is_kept(editor: Caller) -> None:
    upload(editor, modules.failing_with_log("the heddle is torn"))

    answer = editor.post("/plugins/example/test", {"input": None}).json

    assert answer["log"] == "the heddle is torn"
    assert editor.get("/plugins/example/logs").json["items"][0]["log"] == "the heddle is torn"


def test_an_artefact_that_was_tampered_with_is_not_run(stage: ApiStage, editor: Caller) -> None:
    upload(editor)
    upload(editor, modules.SILENT, name="other")
    files, plugins = stage.ports.plugin_files.files, stage.ports.plugins
    example, other = plugins.get("acme", "example"), plugins.get("acme", "other")
    assert example is not None and other is not None
    files[example.current.compiled.object] = files[other.current.compiled.object]

    answer = editor.post("/plugins/example/test", {"input": None}).json

    assert answer["error"]["code"] == "plugin_artefact_untrusted"
    assert editor.post("/plugins/example/enable").status == 422
    editor.post("/plugins/example/reload")
    assert editor.post("/plugins/example/test", {"input": None}).json["output"] == {"ok": True}


def test_a_seal_is_good_for_its_own_plugin_only(stage: ApiStage, editor: Caller) -> None:
    upload(editor)
    upload(editor, modules.SILENT, name="other")
    plugins = stage.ports.plugins
    example, other = plugins.get("acme", "example"), plugins.get("acme", "other")
    assert example is not None and other is not None
    swapped = replace(example.current, compiled=other.current.compiled)
    plugins.put(replace(example, current=swapped, revision=example.revision + 1))

    answer = editor.post("/plugins/example/test", {"input": None}).json

    assert answer["error"]["code"] == "plugin_artefact_untrusted"


def test_a_module_that_was_exchanged_is_not_compiled_again(stage: ApiStage, editor: Caller) -> None:
    upload(editor)
    example = stage.ports.plugins.get("acme", "example")
    assert example is not None
    stage.ports.plugin_files.files[example.current.object] = modules.SILENT

    answer = editor.post("/plugins/example/reload")

    assert (answer.status, answer.json["code"]) == (422, "plugin_artefact_untrusted")


def test_a_plugin_of_another_tenant_is_not_there(stage: ApiStage, editor: Caller) -> None:
    upload(editor)
    stranger = stage.user("eve", tenant="stranger", roles=("admin",))

    assert stranger.get("/plugins").json["items"] == []
    for answer in (
        stranger.get("/plugins/example"),
        stranger.post("/plugins/example/test", {"input": 1}),
        stranger.post("/plugins/example/enable"),
        stranger.delete("/plugins/example"),
        stranger.get("/plugins/example/logs"),
    ):
        assert (answer.status, answer.json["code"]) == (404, "plugin_not_found")
    assert upload(stranger)["new"]


def test_a_tenant_has_a_bounded_number_of_plugins(editor: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heddle.application.plugins.upload_plugin.MAX_PLUGINS", 1)
    upload(editor)

    answer = editor.post("/plugins", body(modules.ANSWER, name="second"))

    assert (answer.status, answer.json["code"]) == (409, "plugin_limit_reached")
    assert upload(editor, version="1.1.0")["new"]


def test_a_viewer_sees_plugins_and_changes_none(stage: ApiStage, editor: Caller) -> None:
    upload(editor)
    viewer = stage.user("vic", tenant="acme", roles=("viewer",))

    assert viewer.get("/plugins/example").status == 200
    assert viewer.post("/plugins/example/enable").status == 403
    assert viewer.post("/plugins/example/test", {"input": 1}).status == 403
