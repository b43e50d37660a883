"""Layers are built once per content, hold bytecode that CDK's dates cannot make stale, and leave out what is there."""

import importlib.util
import sys
from pathlib import Path

import pytest

from infra import layers
from infra.layers import NAMES, RECIPES, RUNTIME_PROVIDED, Target, build, package_names, requirements
from infra.stages import stage_named

NATIVE = Target.of(stage_named("local"))
CLOUD = Target.of(stage_named("dev"))


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = tmp_path / "source"
    (source / "heddle").mkdir(parents=True)
    (source / "heddle" / "__init__.py").write_text("answer = 42\n")
    monkeypatch.setattr(layers, "BUILD", tmp_path / "build")
    monkeypatch.setattr(layers, "CORE_SOURCE", source)
    return source


def test_the_same_content_is_built_once(workshop: Path) -> None:
    first = build("core", NATIVE)
    made = first.folder.stat().st_ctime_ns

    second = build("core", NATIVE)

    assert second == first
    assert second.folder.stat().st_ctime_ns == made


def test_other_content_has_another_hash_and_folder(workshop: Path) -> None:
    before = build("core", NATIVE)
    (workshop / "heddle" / "__init__.py").write_text("answer = 43\n")

    after = build("core", NATIVE)

    assert after.hash != before.hash
    assert after.folder != before.folder


def test_bytecode_is_valid_whatever_date_the_archive_gives_its_files(workshop: Path) -> None:
    layer = build("core", NATIVE)

    (compiled,) = layer.folder.rglob("*.pyc")
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")

    assert compiled.read_bytes()[:4] == importlib.util.MAGIC_NUMBER
    assert flags == 0b01  # by hash, and the hash is not checked


def test_without_an_interpreter_of_the_target_there_is_no_bytecode_and_one_sentence_says_so(
    workshop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = Target("3.99", "arm64", native=False)

    layer, _ = build("core", nobody), build("core", nobody)

    assert list(layer.folder.rglob("*.pyc")) == []
    assert list(layer.folder.rglob("__init__.py")) != []
    assert capsys.readouterr().err.count("no Python 3.99 on this machine") == 1


def test_a_failed_build_leaves_nothing_behind(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV", sys.executable)  # an interpreter is no uv

    with pytest.raises(layers.LayerBuildError, match="uv export failed"):
        build("base", NATIVE)

    assert not layers.BUILD.exists() or list(layers.BUILD.iterdir()) == []


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_no_layer_brings_what_the_runtime_or_a_layer_beneath_brings(name: str) -> None:
    beneath = set().union(*(package_names(requirements(group)) for group in RECIPES[name].beneath))

    brought = package_names(requirements(name))

    assert brought
    assert brought & (RUNTIME_PROVIDED | beneath) == set()


def test_the_local_stage_is_built_for_this_interpreter_and_the_cloud_for_arm() -> None:
    assert NATIVE.native
    assert NATIVE.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (CLOUD.python, CLOUD.platform) == ("3.13", "aarch64-manylinux_2_28")
    assert set(NAMES) == {"core", *RECIPES}
