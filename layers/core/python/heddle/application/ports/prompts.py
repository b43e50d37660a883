"""Registered prompts, as a node asks for them."""

from collections.abc import Mapping
from typing import Any, Protocol

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A version of a registered prompt with its variables filled in; `hash` is of the rendered texts."""

    name: str
    version: int
    hash: str
    text: str
    system: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what a node's output and a conversation record of it."""
        return {"name": self.name, "version": self.version, "hash": self.hash}


class RenderPrompt(Protocol):
    """Finds a prompt by `name`, `name@version` or `name@label`, and renders it."""

    def __call__(self, tenant: str, ref: str, variables: Mapping[str, Any]) -> RenderedPrompt:
        """Return the rendered prompt. Raises NodeError: `prompt_not_found`, `prompt_variables_invalid`."""
        ...
