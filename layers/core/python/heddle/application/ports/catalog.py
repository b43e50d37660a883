"""Where workflows and their versions are kept."""

from datetime import datetime
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A workflow as lists show it."""

    tenant: str
    id: str
    name: str
    description: str
    version: int
    labels: dict[str, str]
    created_at: datetime
    updated_at: datetime
    updated_by: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class VersionRow:
    """An immutable version: the document as saved (JSON form) and its compiled plan (JSON)."""

    tenant: str
    workflow_id: str
    version: int
    document: dict[str, Any]
    plan: dict[str, Any]
    created_at: datetime
    created_by: str
    note: str = ""


class CatalogStore(Protocol):
    """Workflows and their immutable versions."""

    def save_version(self, row: WorkflowRow, version: VersionRow, *, expected_version: int) -> None:
        """Write workflow row and version together; VersionConflict unless the stored version is `expected_version`.

        `expected_version` 0 creates; creating an id that exists (deleted ones too) is a VersionConflict.
        """
        ...

    def workflow(self, tenant: str, workflow_id: str) -> WorkflowRow | None:
        """Return the row, deleted or not; None if it never was."""
        ...

    def version(self, tenant: str, workflow_id: str, version: int) -> VersionRow | None:
        """Return one version; versions of a deleted workflow stay readable, for its old runs."""
        ...

    def workflows(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[WorkflowRow]:
        """List workflows that are not deleted, newest change first."""
        ...

    def versions(self, tenant: str, workflow_id: str, *, limit: int, cursor: str | None = None) -> Page[VersionRow]:
        """List versions, newest first; `document` and `plan` are left empty in lists."""
        ...

    def delete(self, tenant: str, workflow_id: str, *, at: datetime, by: str) -> None:
        """Mark deleted; NotFound if absent; deleting twice is fine."""
        ...
