"""POST /analyze with plugins: what they give stands beside the analysis, and none of them ever breaks it."""

import base64
from typing import Any

import pytest

from heddle.testing.api import Caller
from tests.support import modules
from tests.support.modules import manifest

LIMITS = {"memory_mb": 4, "seconds": 0.2}
TEXT = "Warp and weft. The loom holds both."


def enable(caller: Caller, module: bytes, name: str) -> None:
    body = {"wasm": base64.b64encode(module).decode(), "manifest": manifest(name=name, limits=LIMITS)}
    assert caller.post("/plugins", body).status == 201
    assert caller.post(f"/plugins/{name}/enable").status == 200


def analyse(caller: Caller, **options: Any) -> Any:
    answer = caller.post("/analyze", {"content": TEXT, "options": options})
    assert answer.status == 200, answer.body
    return answer.json


@pytest.fixture
def counted(editor: Caller) -> Caller:
    wasm, document = modules.example("word-count")
    editor.post("/plugins", {"wasm": base64.b64encode(wasm).decode(), "manifest": document})
    editor.post("/plugins/word-count/enable")
    return editor


@pytest.mark.parametrize("names", [["word-count"], ["*"]])
def test_a_plugin_adds_to_an_analysis(counted: Caller, names: list[str]) -> None:
    found = analyse(counted, plugins=names)

    assert found["plugin_results"] == {"word-count": {"words": 7, "sentences": 2}}
    assert found["status"] == "completed" and "plugins" in found["timings_ms"]


def test_without_a_wish_no_plugin_is_asked(counted: Caller) -> None:
    assert analyse(counted)["plugin_results"] is None


@pytest.mark.parametrize("bad", ["LOOP", "TRAP", "GARBAGE"])
def test_a_plugin_that_fails_is_a_warning(counted: Caller, bad: str) -> None:
    enable(counted, getattr(modules, bad), "bad")

    found = analyse(counted, plugins=["bad", "word-count"])

    assert found["plugin_results"] == {"word-count": {"words": 7, "sentences": 2}}
    (warning,) = [each for each in found["warnings"] if each["analysis"] == "plugin bad"]
    assert warning["code"].startswith("plugin_")
    assert found["language"] and found["summary"]


def test_a_plugin_of_another_tenant_is_not_found(counted: Caller, stranger: Caller) -> None:
    found = analyse(stranger, plugins=["word-count"])

    assert found["plugin_results"] == {}
    assert [each["code"] for each in found["warnings"] if each["analysis"] == "plugin word-count"] == [
        "plugin_not_found"
    ]
