"""One synthesis per stage, shared by all tests: layers are empty folders, so no wheel is needed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.stages import Stage, stage_named

STAGES = ("local", "prod")
Template = dict[str, Any]
Resources = dict[str, dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Synthesised:
    """A stage's templates by stack (`Data`, `Engine`, …), and cdk-nag's findings that nobody accepted."""

    stage: Stage
    folder: Path
    templates: dict[str, Template]
    findings: list[tuple[str, list[str]]]

    def resources(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (stack, logical id, resource) of a type."""
        for stack, template in self.templates.items():
            for name, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield stack, name, resource

    def owner(self, stack: str, value: Any) -> tuple[str, str] | None:
        """Return stack and logical id of the resource that an attribute or an import names; None for a parameter."""
        if "Fn::GetAtt" in value:
            return stack, value["Fn::GetAtt"][0]
        if "Fn::ImportValue" not in value:
            return None
        for other, template in self.templates.items():
            for output in template.get("Outputs", {}).values():
                if output.get("Export", {}).get("Name") == value["Fn::ImportValue"]:
                    return self.owner(other, output["Value"])
        raise AssertionError(f"nobody exports {value}")

    def owned(self, stack: str, value: Any) -> dict[str, Any] | None:
        """Return that resource."""
        owner = self.owner(stack, value)
        return None if owner is None else self.templates[owner[0]]["Resources"][owner[1]]


def synthesised(stage: Stage, folder: Path) -> Synthesised:
    """Synthesise a stage into a folder."""
    from aws_cdk import App
    from cdk_nag import AwsSolutionsChecks

    from infra.app import build

    empty = folder / "empty"
    empty.mkdir()
    app = App(outdir=str(folder / "out"), context={"heddle:empty-layers": str(empty)})
    build(app, stage)
    app.synth()
    templates = {
        path.name.removeprefix(f"Heddle-{stage.name}-").removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted((folder / "out").glob("*.template.json"))
    }
    report = AwsSolutionsChecks(app).validate_scope(app)
    findings = [
        (violation.rule_name, [resource.construct_path or "" for resource in violation.violating_resources])
        for violation in report.violations
    ]
    return Synthesised(stage, folder / "out", templates, findings)


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Synthesised]:
    """Return a function that synthesises a stage once."""
    done: dict[str, Synthesised] = {}

    def synthesise(name: str) -> Synthesised:
        if name not in done:
            # The machine's own Python and processor would otherwise be in the local stage's templates.
            stage = stage_named(name, python="3.13", architecture="arm64")
            done[name] = synthesised(stage, tmp_path_factory.mktemp(name))
        return done[name]

    return synthesise


@pytest.fixture(scope="session", params=STAGES)
def stage(request: pytest.FixtureRequest, synthesise: Callable[[str], Synthesised]) -> Synthesised:
    """Each stage in turn: the emulator's, and the cloud stage that has everything."""
    return synthesise(request.param)
