"""Read prompts, their versions and the trail of their labels; what was deleted is not found, except its versions."""

from heddle.application.ports.paging import Page
from heddle.application.ports.prompts import PromptStore
from heddle.domain.prompts.built_in import built_in, built_in_prompt
from heddle.domain.prompts.compare import Comparison, compare
from heddle.domain.prompts.prompt import LabelChange, Prompt, PromptVersion
from heddle.errors import NotFound
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class FindPrompt:
    """Reads for the API; all raise NotFound `prompt_not_found` or `prompt_version_not_found`."""

    store: PromptStore

    def row(self, tenant: str, name: str) -> Prompt:
        """Return a prompt that is not deleted, or a built-in one."""
        if name in built_in():
            return built_in_prompt(name)
        row = self.store.prompt(tenant, name)
        if row is None or row.deleted:
            raise NotFound(f"there is no prompt {name!r}", code="prompt_not_found")
        return row

    def newest(self, tenant: str, name: str) -> tuple[Prompt, PromptVersion]:
        """Return a prompt that is not deleted, with its newest version."""
        row = self.row(tenant, name)
        return row, self.version(tenant, name, row.version)

    def version(self, tenant: str, name: str, number: int) -> PromptVersion:
        """Return one version, of a deleted prompt too."""
        if name in built_in() and number == 1:
            return built_in()[name]
        version = self.store.version(tenant, name, number)
        if version is None:
            raise NotFound(f"prompt {name!r} has no version {number}", code="prompt_version_not_found")
        return version

    def page(self, tenant: str, *, limit: int, cursor: str | None, tag: str | None = None) -> Page[Prompt]:
        """List prompts, newest change first."""
        return self.store.prompts(tenant, limit=limit, cursor=cursor, tag=tag)

    def versions(self, tenant: str, name: str, *, limit: int, cursor: str | None) -> Page[PromptVersion]:
        """List the versions of a prompt that is not deleted, newest first."""
        self.row(tenant, name)
        return (
            Page((built_in()[name],))
            if name in built_in()
            else self.store.versions(tenant, name, limit=limit, cursor=cursor)
        )

    def changes(self, tenant: str, name: str, *, limit: int, cursor: str | None) -> Page[LabelChange]:
        """List who moved the labels of a prompt that is not deleted, newest first."""
        self.row(tenant, name)
        return self.store.changes(tenant, name, limit=limit, cursor=cursor)

    def compare(self, tenant: str, name: str, first: int, second: int) -> Comparison:
        """Return what changed from one version to another."""
        self.row(tenant, name)
        return compare(self.version(tenant, name, first), self.version(tenant, name, second))
