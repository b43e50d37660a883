"""Read workflows and their versions; what was deleted is not found, except the versions that old runs name."""

from heddle.application.ports.catalog import CatalogStore, VersionRow, WorkflowRow
from heddle.application.ports.paging import Page
from heddle.errors import NotFound
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class FindWorkflow:
    """Reads for the API; all raise NotFound `workflow_not_found` or `version_not_found`."""

    catalog: CatalogStore

    def row(self, tenant: str, workflow_id: str) -> WorkflowRow:
        """Return a workflow that is not deleted."""
        row = self.catalog.workflow(tenant, workflow_id)
        if row is None or row.deleted:
            raise NotFound(f"there is no workflow {workflow_id!r}", code="workflow_not_found")
        return row

    def newest(self, tenant: str, workflow_id: str) -> tuple[WorkflowRow, VersionRow]:
        """Return a workflow that is not deleted, with its newest version."""
        row = self.row(tenant, workflow_id)
        return row, self.version(tenant, workflow_id, row.version)

    def version(self, tenant: str, workflow_id: str, number: int) -> VersionRow:
        """Return one version, of a deleted workflow too."""
        version = self.catalog.version(tenant, workflow_id, number)
        if version is None:
            raise NotFound(f"workflow {workflow_id!r} has no version {number}", code="version_not_found")
        return version

    def page(self, tenant: str, *, limit: int, cursor: str | None) -> Page[WorkflowRow]:
        """List workflows, newest change first."""
        return self.catalog.workflows(tenant, limit=limit, cursor=cursor)

    def versions(self, tenant: str, workflow_id: str, *, limit: int, cursor: str | None) -> Page[VersionRow]:
        """List the versions of a workflow that is not deleted, newest first."""
        self.row(tenant, workflow_id)
        return self.catalog.versions(tenant, workflow_id, limit=limit, cursor=cursor)
