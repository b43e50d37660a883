"""A trigger: what starts runs of a workflow, and with which input.

`input` is JSON with expressions over three roots: `trigger` (what this firing brought), `preset` (the values of the
chosen preset) and `tenant`. What it gives is laid over the preset's values and becomes the run's input.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from heddle.domain.engine.expressions import references, render
from heddle.errors import InvalidInput
from heddle.records import dataclass

Kind = Literal["manual", "webhook", "timer", "event", "run"]
KINDS: tuple[Kind, ...] = ("manual", "webhook", "timer", "event", "run")
ROOTS = frozenset(["trigger", "preset", "tenant"])
MAX_PRESETS = 50
MAX_CHAIN = 8
"""How many triggers may follow from each other: what starts itself by way of others stops here at the latest."""

_PRESET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_DEFAULT_INPUT: dict[str, Any] = {"manual": "{{ trigger.payload }}"}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger as it is stored. `config` is its kind's, checked and with defaults. Times are ISO 8601 in UTC.

    `revision` counts changes from 1. `secret_generation` counts the secrets that were made for a webhook.
    """

    id: str
    tenant: str
    name: str
    kind: Kind
    workflow_id: str
    config: Mapping[str, Any]
    version: int | None = None
    enabled: bool = True
    input: Any = None
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    preset: str | None = None
    mode: str = "auto"
    live: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    budget_usd: str | None = None
    priority: str = "normal"
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""
    updated_by: str = ""
    revision: int = 1

    def mapped(self, payload: Mapping[str, Any], preset: str | None = None) -> dict[str, Any]:
        """Return the run's input for what a firing brought.

        InvalidInput `unknown_preset`, `trigger_input_invalid` (not an object); NodeError as `render` says.
        """
        values = self._preset(preset or self.preset)
        template = _DEFAULT_INPUT.get(self.kind, {}) if self.input is None else self.input
        mapped = render(template, {"trigger": dict(payload), "preset": values, "tenant": {"id": self.tenant}})
        if not isinstance(mapped, dict):
            raise InvalidInput(f"`input` must give an object, not {mapped!r:.80}", code="trigger_input_invalid")
        return {**values, **mapped}

    def _preset(self, name: str | None) -> dict[str, Any]:
        if name is None:
            return {}
        if name not in self.presets:
            known = ", ".join(sorted(self.presets)) or "none"
            raise InvalidInput(f"the trigger has no preset {name!r}; it has {known}", code="unknown_preset")
        return dict(self.presets[name])


def check_mapping(value: Any) -> None:
    """InvalidInput `trigger_input_invalid` if the mapping has a syntax error or names what a trigger does not have."""
    if value is None:
        return
    if not isinstance(value, dict | str):
        raise _invalid("input", "must be an object, or one expression that gives one")
    found = references(value)
    if found.problems:
        line, reason = found.problems[0]
        raise _invalid("input", f"line {line}: {reason}")
    if unknown := sorted(found.names - ROOTS):
        raise _invalid("input", f"knows {', '.join(sorted(ROOTS))}, not {', '.join(unknown)}")


def check_presets(presets: Mapping[str, Any], chosen: str | None) -> None:
    """InvalidInput if a preset has no proper name or is no object, or the chosen one is not among them."""
    if len(presets) > MAX_PRESETS:
        raise _invalid("presets", f"has at most {MAX_PRESETS}")
    for name, values in presets.items():
        if not _PRESET.fullmatch(name):
            raise _invalid(f"presets.{name[:40]}", "is no name: letters, digits, _ . -")
        if not isinstance(values, dict):
            raise _invalid(f"presets.{name}", "must be an object of input values")
    if chosen is not None and chosen not in presets:
        known = ", ".join(sorted(presets)) or "none"
        raise InvalidInput(f"`preset` names {chosen!r}; there are {known}", code="unknown_preset")


def _invalid(name: str, message: str) -> InvalidInput:
    errors = [{"field": name, "message": message}]
    return InvalidInput(f"{name} {message}", code="trigger_input_invalid", errors=errors)
