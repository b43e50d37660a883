"""Finding the prompts that a prompt includes, directly and through others."""

from collections.abc import Callable

from heddle.domain.prompts.prompt import MAX_INCLUDE_DEPTH, PromptVersion
from heddle.errors import InvalidCommand

MAX_INCLUDED = 100

Load = Callable[[str], PromptVersion]
"""Reference to version; raises NotFound."""


def included(version: PromptVersion, load: Load) -> dict[str, PromptVersion]:
    """Return every included version by its reference.

    Raises InvalidCommand `prompt_include_circle` with the circle, `prompt_include_too_deep`, `prompt_include_too_many`;
    and NotFound of `load`.
    """
    found: dict[str, PromptVersion] = {}
    heights: dict[tuple[str, int], int] = {}

    def walk(one: PromptVersion, chain: list[PromptVersion]) -> int:
        height = 0
        for reference in one.includes:
            target = found.get(reference) or load(reference)
            found[reference] = target
            if len(found) > MAX_INCLUDED:
                message = f"{_name(version)} includes more than {MAX_INCLUDED} prompts"
                raise InvalidCommand(message, code="prompt_include_too_many")
            ring = [*chain, one]
            for number, before in enumerate(ring):
                if _key(before) == _key(target):
                    circle = " → ".join(_name(each) for each in [*ring[number:], target])
                    raise InvalidCommand(f"prompts include each other: {circle}", code="prompt_include_circle")
            below = heights.get(_key(target))
            if len(ring) + (below or 0) > MAX_INCLUDE_DEPTH:
                path = " → ".join(_name(each) for each in [*ring, target])
                message = f"includes go more than {MAX_INCLUDE_DEPTH} deep: {path}"
                raise InvalidCommand(message, code="prompt_include_too_deep")
            height = max(height, 1 + (walk(target, ring) if below is None else below))
        heights[_key(one)] = height
        return height

    walk(version, [])
    return found


def _key(version: PromptVersion) -> tuple[str, int]:
    return version.prompt, version.number


def _name(version: PromptVersion) -> str:
    return f"{version.prompt}@{version.number}"
