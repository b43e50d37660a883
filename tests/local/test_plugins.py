"""Plugins on the real stage: from the upload to a run that calls one, and those that misbehave."""

import base64
from typing import Any

import pytest

from heddle.adapters.aws.plugin_runner import LambdaPluginRunner
from heddle.application.ports.plugins import PluginContent
from heddle_sdk import WorkflowBuilder
from heddle_sdk.errors import ApiError, NotFound
from tests.local.backstage import Backstage
from tests.local.conftest import Cli
from tests.local.tenants import Tenant, tenant_of_its_own
from tests.support import modules

EXAMPLE = str(modules.EXAMPLES / "word-count" / "plugin.wat")
SHORT = {"memory_mb": 4, "seconds": 0.3}


@pytest.fixture
def plugins(tenant: Tenant) -> Any:
    return tenant.client.plugins


def test_the_example_is_handed_in_enabled_tried_and_deleted_by_commands(heddle: Cli) -> None:
    uploaded = heddle.json("plugins", "upload", EXAMPLE, "--enable")
    assert (uploaded["name"], uploaded["enabled"]) == ("word-count", True)

    tried = heddle.json("plugins", "test", "word-count", "Warp and weft. Done!")
    assert tried["output"] == {"words": 4, "sentences": 2}
    assert heddle.json("plugins", "reload", "word-count")["enabled"]
    assert [call["source"] for call in heddle.json("plugins", "logs", "word-count")] == ["test"]

    heddle("plugins", "delete", "word-count")
    assert heddle("plugins", "show", "word-count", check=False).returncode == 4


def test_a_run_calls_a_plugin_and_code_of_its_own(tenant: Tenant) -> None:
    wasm, manifest = modules.example("word-count")
    tenant.client.plugins.upload(wasm, manifest)
    tenant.client.plugins.enable("word-count")
    flow = WorkflowBuilder("count").input("text", "string")
    flow.code("count", plugin="word-count", input={"text": "{{ input.text }}"})
    flow.code("own", wasm=base64.b64encode(modules.ANSWER).decode())
    flow.outputs(words="{{ nodes.count.output.value.words }}", own="{{ nodes.own.output.value }}")

    run = tenant.client.run(flow.build(), {"text": "Each end of the warp."}, wait=60)

    assert run.result() == {"words": 5, "own": {"ok": True}}
    assert any(call.source.startswith("run ") for call in tenant.client.plugins.logs("word-count"))


@pytest.mark.parametrize(
    ("name", "module", "code"),
    [
        ("loop", modules.LOOP, "plugin_timeout"),
        ("greedy", modules.GREEDY, "plugin_exited"),
        ("trap", modules.TRAP, "plugin_trapped"),
        ("garbage", modules.GARBAGE, "plugin_output_invalid"),
        ("talkative", modules.TALKATIVE, "plugin_output_too_large"),
    ],
)
def test_one_that_misbehaves_is_stopped(plugins: Any, name: str, module: bytes, code: str) -> None:
    plugins.upload(module, modules.manifest(name=name, limits=SHORT))

    tried = plugins.test(name, input=1)

    assert (tried.ok, tried.error["code"]) == (False, code)
    assert plugins.get(name).health == "unhealthy"


def test_one_that_lies_or_reaches_out_is_refused(plugins: Any) -> None:
    packed = modules.packed(modules.ANSWER, modules.manifest(name="liar"))
    for module, fields, code in (
        (b"%PDF-1.7", {}, "plugin_not_wasm"),
        (modules.wasm(imports=modules.SOCKET), {}, "plugin_import_forbidden"),
        (modules.wasm(imports=modules.CLOCK), {}, "plugin_permissions_mismatch"),
        (packed, {"version": "2.0.0"}, "plugin_manifest_mismatch"),
    ):
        with pytest.raises(ApiError) as caught:
            plugins.upload(module, modules.manifest(name="liar", **fields))
        assert caught.value.code == code
    assert "liar" not in [plugin.name for plugin in plugins.list()]


def test_another_tenant_sees_and_calls_none_of_it(plugins: Any, backstage: Backstage, stage: dict[str, str]) -> None:
    plugins.upload(modules.ANSWER, modules.manifest(name="own"))

    with tenant_of_its_own(backstage, stage["api_url"]) as stranger:
        theirs = stranger.client.plugins
        assert theirs.list() == []
        for call in (theirs.get, theirs.enable, theirs.delete):
            with pytest.raises(NotFound):
                call("own")


def test_what_is_deleted_is_gone_from_the_bucket(plugins: Any, tenant: Tenant, backstage: Backstage) -> None:
    s3, prefix = backstage.client("s3"), f"{tenant.id}/plugins/gone/"
    plugins.upload(modules.ANSWER, modules.manifest(name="gone"))
    kept = s3.list_objects_v2(Bucket=backstage.outputs["PayloadBucket"], Prefix=prefix)["KeyCount"]

    plugins.delete("gone")

    left = s3.list_objects_v2(Bucket=backstage.outputs["PayloadBucket"], Prefix=prefix)["KeyCount"]
    assert (kept, left) == (2, 0)


def test_code_that_was_exchanged_in_the_bucket_is_not_run(plugins: Any, tenant: Tenant, backstage: Backstage) -> None:
    s3, bucket = backstage.client("s3"), backstage.outputs["PayloadBucket"]
    for name, module in (("true", modules.ANSWER), ("false", modules.SILENT)):
        plugins.upload(module, modules.manifest(name=name))
    artefacts = {}
    for name in ("true", "false"):
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{tenant.id}/plugins/{name}/")["Contents"]
        (artefacts[name],) = [each["Key"] for each in listed if each["Key"].endswith(".cwasm")]
    exchanged = s3.get_object(Bucket=bucket, Key=artefacts["false"])["Body"].read()

    s3.put_object(Bucket=bucket, Key=artefacts["true"], Body=exchanged)

    with pytest.raises(ApiError) as caught:
        plugins.enable("true")
    assert caught.value.code == "plugin_artefact_untrusted"
    plugins.reload("true")
    assert plugins.test("true", input=1).output == {"ok": True}


def test_the_function_of_analyses_gives_results_and_warnings(
    plugins: Any, tenant: Tenant, backstage: Backstage
) -> None:
    for name, module in (("good", modules.ANSWER), ("bad", modules.TRAP)):
        plugins.upload(module, modules.manifest(name=name, limits=SHORT))
        plugins.enable(name)
    runner = LambdaPluginRunner(backstage.client("lambda"), backstage.functions["plugins/run"])

    found = runner.run(tenant.id, PluginContent("Warp.", "text"), names=("good", "bad", "none"))

    assert found.results == {"good": {"ok": True}}
    assert {each.plugin: each.code for each in found.warnings} == {"bad": "plugin_trapped", "none": "plugin_not_found"}
