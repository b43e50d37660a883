"""Where prompts and their versions are kept, and how a node asks for one."""

from collections.abc import Mapping
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.domain.prompts.prompt import LabelChange, Prompt, PromptVersion, RenderedPrompt

__all__ = ["PromptStore", "RenderPrompt", "RenderedPrompt"]


class RenderPrompt(Protocol):
    """Finds a prompt by `name`, `name@version` or `name@label`, and renders it."""

    def __call__(self, tenant: str, ref: str, variables: Mapping[str, Any]) -> RenderedPrompt:
        """Return the rendered prompt.

        Raises HeddleErrors: `prompt_not_found`, `prompt_variables_invalid`, and the others that
        heddle.application.prompts.render_prompt names.
        """
        ...


class PromptStore(Protocol):
    """Prompts, their immutable versions, and who moved which label."""

    def save(
        self,
        tenant: str,
        prompt: Prompt,
        *,
        before: Prompt | None,
        version: PromptVersion | None = None,
        changes: tuple[LabelChange, ...] = (),
    ) -> None:
        """Write the row, and with it a new version and changes of labels: all or nothing.

        `before` is the row as it was read (None: there was none). VersionConflict if it is no longer that revision, or
        the version's number is taken.
        """
        ...

    def prompt(self, tenant: str, name: str) -> Prompt | None:
        """Return the row, deleted or not; None if it never was. Strongly consistent."""
        ...

    def version(self, tenant: str, name: str, number: int) -> PromptVersion | None:
        """Return one version; versions of a deleted prompt stay readable, for the runs that name them."""
        ...

    def prompts(self, tenant: str, *, limit: int, cursor: str | None = None, tag: str | None = None) -> Page[Prompt]:
        """List prompts that are not deleted, newest change first; with `tag` only those that have it."""
        ...

    def versions(self, tenant: str, name: str, *, limit: int, cursor: str | None = None) -> Page[PromptVersion]:
        """List versions, newest first; `content`, `templates` and `tests` are left empty in lists."""
        ...

    def changes(self, tenant: str, name: str, *, limit: int, cursor: str | None = None) -> Page[LabelChange]:
        """List changes of labels, newest first."""
        ...
