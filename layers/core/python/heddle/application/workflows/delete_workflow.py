"""Delete a workflow: it can no longer be found or run, and its versions stay for the runs that name them."""

from collections.abc import Callable
from datetime import datetime

from heddle.application.ports.catalog import CatalogStore
from heddle.errors import NotFound
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class DeleteWorkflow:
    """Mark it deleted; a second time is fine."""

    catalog: CatalogStore
    now: Callable[[], datetime]

    def __call__(self, tenant: str, workflow_id: str, *, by: str) -> None:
        """Delete it; NotFound `workflow_not_found` if it never was."""
        if self.catalog.workflow(tenant, workflow_id) is None:
            raise NotFound(f"there is no workflow {workflow_id!r}", code="workflow_not_found")
        self.catalog.delete(tenant, workflow_id, at=self.now(), by=by)
