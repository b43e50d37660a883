"""Prompts as JSON: how stores keep them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from heddle.domain.prompts.prompt import Label, PromptTest, PromptVersion, Variable


def body_of(version: PromptVersion) -> dict[str, Any]:
    """Return what only those who read one version need: texts, variables, tests. `body_from` reads it."""
    same = version.templates == version.content
    return {
        "content": dict(version.content),
        "templates": None if same else dict(version.templates),
        "variables": {name: variable.to_json() for name, variable in version.variables.items()},
        "includes": list(version.includes),
        "tests": [test.to_json() for test in version.tests],
    }


def body_from(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of PromptVersion that a body holds."""
    return {
        "content": body["content"],
        "templates": body["templates"] or body["content"],
        "variables": {name: Variable(**each) for name, each in body["variables"].items()},
        "includes": tuple(body["includes"]),
        "tests": tuple(
            PromptTest(test["variables"], test.get("expect"), tuple(test.get("expect_contains", ())))
            for test in body["tests"]
        ),
    }


def labels_to_json(labels: Mapping[str, Label]) -> dict[str, Any]:
    """Return labels by name."""
    return {
        name: {"version": label.version, "at": label.at.isoformat(), "by": label.by, "earlier": list(label.earlier)}
        for name, label in labels.items()
    }


def labels_from_json(value: Mapping[str, Any]) -> dict[str, Label]:
    """Return the labels that `labels_to_json` was given."""
    return {
        name: Label(label["version"], datetime.fromisoformat(label["at"]), label["by"], tuple(label["earlier"]))
        for name, label in value.items()
    }
