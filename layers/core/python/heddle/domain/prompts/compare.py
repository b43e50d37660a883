"""What changed between two versions of a prompt: a unified diff of each text, and the variables."""

from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

from heddle.domain.prompts.prompt import PARTS, PromptVersion
from heddle.records import dataclass

CONTEXT = 3
_MOST = 4_000_000
"""Lines of one text times lines of the other: beyond this the changed middle is shown as replaced, in one piece."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """From one version to another.

    `texts` has a unified diff for each text that differs, `variables` what was added, removed and changed ({from, to})
    by name, `other` what else differs.
    """

    before: int
    after: int
    same: bool
    texts: Mapping[str, str]
    variables: Mapping[str, Any]
    other: Mapping[str, Any]


def compare(before: PromptVersion, after: PromptVersion) -> Comparison:
    """Return what changed."""
    texts = {part: _diff(before, after, part) for part in PARTS if before.content.get(part) != after.content.get(part)}
    old, new = before.variables, after.variables
    variables = {
        "added": {name: new[name].to_json() for name in new if name not in old},
        "removed": {name: old[name].to_json() for name in old if name not in new},
        "changed": {
            name: {"from": old[name].to_json(), "to": new[name].to_json()}
            for name in new
            if name in old and old[name] != new[name]
        },
    }
    other = {
        name: {"from": getattr(before, name), "to": getattr(after, name)}
        for name in ("syntax", "output_format")
        if getattr(before, name) != getattr(after, name)
    }
    same = before.content_hash == after.content_hash
    return Comparison(before.number, after.number, same, texts, variables, other)


def _diff(before: PromptVersion, after: PromptVersion, part: str) -> str:
    was, now = (f"{version.prompt}@{version.number} {part}" for version in (before, after))
    old, new = (version.content.get(part, "").splitlines() for version in (before, after))
    start = _common(old, new)
    end = min(_common(old[::-1], new[::-1]), min(len(old), len(new)) - start)
    if (len(old) - start - end) * (len(new) - start - end) <= _MOST:
        return "\n".join(unified_diff(old, new, was, now, n=CONTEXT, lineterm=""))
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    head = [f"--- {was}", f"+++ {now}", f"@@ -{start + 1},{len(gone)} +{start + 1},{len(come)} @@"]
    return "\n".join([*head, *(f"-{line}" for line in gone), *(f"+{line}" for line in come)])


def _common(old: list[str], new: list[str]) -> int:
    number = 0
    while number < min(len(old), len(new)) and old[number] == new[number]:
        number += 1
    return number
