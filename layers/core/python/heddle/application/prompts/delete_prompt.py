"""Delete a prompt: it can no longer be found, and its versions stay for the runs that name them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from heddle.application.ports.prompts import PromptStore
from heddle.application.prompts.label_prompt import ATTEMPTS, refuse_built_in
from heddle.domain.prompts.prompt import LabelChange
from heddle.errors import NotFound, VersionConflict


@dataclass(frozen=True)
class DeletePrompt:
    """Mark it deleted and take its labels away; a second time is fine."""

    store: PromptStore
    now: Callable[[], datetime]

    def __call__(self, tenant: str, name: str, *, by: str) -> None:
        """Delete it; NotFound `prompt_not_found` if it never was, Forbidden `prompt_built_in`."""
        refuse_built_in(name)
        for attempt in range(1, ATTEMPTS + 1):
            before = self.store.prompt(tenant, name)
            if before is None:
                raise NotFound(f"there is no prompt {name!r}", code="prompt_not_found")
            if before.deleted:
                return
            at, revision = self.now(), before.revision + 1
            row = replace(before, labels={}, deleted=True, revision=revision, updated_at=at, updated_by=by)
            changes = tuple(
                LabelChange(name, "delete", label.version, None, at, by, revision)
                for name, label in before.labels.items()
            )
            try:
                self.store.save(tenant, row, before=before, changes=changes)
                return
            except VersionConflict:
                if attempt == ATTEMPTS:
                    raise
