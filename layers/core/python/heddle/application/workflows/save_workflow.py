"""Save a definition as a new immutable version, after the compiler has found nothing wrong with it."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any

from heddle.application.ports.catalog import CatalogStore, VersionRow, WorkflowRow
from heddle.errors import Conflict, InvalidInput, NotFound, VersionConflict
from heddle.records import dataclass

ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
ATTEMPTS = 5

Compile = Callable[[dict[str, Any]], tuple[dict[str, Any], dict[str, Any]]]
"""Document to (document as it is kept, plan), both JSON; raises InvalidWorkflow with every problem."""


@dataclass(frozen=True, slots=True)
class SaveWorkflow:
    """Check, compile, and write workflow row and version together."""

    catalog: CatalogStore
    compile: Compile
    now: Callable[[], datetime]

    def create(
        self, tenant: str, document: dict[str, Any], *, by: str, workflow_id: str | None = None, note: str = ""
    ) -> tuple[WorkflowRow, VersionRow]:
        """Save version 1 under the id given, or one made of the name.

        Raises InvalidWorkflow, InvalidInput (id), and Conflict `workflow_exists` or `workflow_deleted`.
        """
        kept, plan = self.compile(document)
        workflow_id = checked_id(workflow_id) if workflow_id is not None else slug(str(plan["name"]))
        stored = self.catalog.workflow(tenant, workflow_id)
        if stored is not None:
            raise _taken(stored)
        try:
            return self._write(tenant, workflow_id, kept, plan, None, by, note)
        except VersionConflict:
            raise _taken(self.catalog.workflow(tenant, workflow_id)) from None

    def save(
        self,
        tenant: str,
        workflow_id: str,
        document: dict[str, Any],
        *,
        by: str,
        expected_version: int | None = None,
        note: str = "",
    ) -> tuple[WorkflowRow, VersionRow]:
        """Save the next version, or the first one if there is none.

        With `expected_version` only behind exactly that one (0: only as the first), else VersionConflict; without,
        behind whatever is there. Raises InvalidWorkflow and Conflict `workflow_deleted` as well.
        """
        checked_id(workflow_id)
        kept, plan = self.compile(document)
        for attempt in range(1, ATTEMPTS + 1):
            stored = self.catalog.workflow(tenant, workflow_id)
            if stored is not None and stored.deleted:
                raise _taken(stored)
            if expected_version and stored is None:
                raise NotFound(f"there is no workflow {workflow_id!r}", code="workflow_not_found")
            actual = stored.version if stored is not None else 0
            if expected_version is not None and expected_version != actual:
                raise VersionConflict(f"workflow {workflow_id!r} is at version {actual}, not {expected_version}")
            try:
                return self._write(tenant, workflow_id, kept, plan, stored, by, note)
            except VersionConflict:
                # Someone saved in between. Who stated a version must be told; who did not comes after them.
                if expected_version is not None or attempt == ATTEMPTS:
                    raise
        raise AssertionError("the loop returns or raises")

    def _write(
        self,
        tenant: str,
        workflow_id: str,
        document: dict[str, Any],
        plan: dict[str, Any],
        stored: WorkflowRow | None,
        by: str,
        note: str,
    ) -> tuple[WorkflowRow, VersionRow]:
        at, number = self.now(), (stored.version if stored else 0) + 1
        row = WorkflowRow(
            tenant=tenant,
            id=workflow_id,
            name=str(plan["name"]),
            description=str(document.get("description") or ""),
            version=number,
            labels=dict(document.get("labels") or {}),
            created_at=stored.created_at if stored else at,
            updated_at=at,
            updated_by=by,
        )
        version = VersionRow(
            tenant=tenant,
            workflow_id=workflow_id,
            version=number,
            document=document,
            plan=plan,
            created_at=at,
            created_by=by,
            note=note,
        )
        self.catalog.save_version(row, version, expected_version=number - 1)
        return row, version


def slug(name: str) -> str:
    """Return the id that a name gives: "Études & plans" → "etudes-plans"; "workflow" if no letter is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-") or "workflow"


def checked_id(workflow_id: str) -> str:
    """Return the id, or raise InvalidInput that says what ids look like."""
    if not ID_PATTERN.fullmatch(workflow_id):
        rule = "a workflow id is 1 to 63 of a-z, 0-9 and -, and does not begin with -"
        raise InvalidInput(rule, code="invalid_parameter", errors=[{"field": "id", "message": rule}])
    return workflow_id


def _taken(row: WorkflowRow | None) -> Conflict:
    if row is not None and row.deleted:
        return Conflict(
            f"the workflow {row.id!r} was deleted, and its old runs still name it; take another id",
            code="workflow_deleted",
        )
    name = row.id if row is not None else "of this id"
    return Conflict(
        f"there is a workflow {name!r} already; save a new version with PUT /workflows/{name}, or give another `id`",
        code="workflow_exists",
    )
