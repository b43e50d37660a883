"""Workflows and their versions in memory."""

import threading
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.application.ports.paging import Page
from heddle.errors import NotFound, VersionConflict


@dataclass
class MemoryCatalogStore:
    """A CatalogStore in dictionaries."""

    _workflows: dict[tuple[str, str], WorkflowRow] = field(default_factory=dict)
    _versions: dict[tuple[str, str], list[VersionRow]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def save_version(self, row: WorkflowRow, version: VersionRow, *, expected_version: int) -> None:
        key = (row.tenant, row.id)
        with self._lock:
            stored = self._workflows.get(key)
            actual = stored.version if stored is not None else 0
            if actual != expected_version or (stored is not None and stored.deleted):
                raise VersionConflict(
                    f"workflow {row.id!r} is at version {actual}, not {expected_version}",
                    expected=expected_version,
                    actual=actual,
                )
            self._workflows[key] = row
            self._versions.setdefault(key, []).append(deepcopy(version))

    def workflow(self, tenant: str, workflow_id: str) -> WorkflowRow | None:
        return self._workflows.get((tenant, workflow_id))

    def version(self, tenant: str, workflow_id: str, version: int) -> VersionRow | None:
        for row in self._versions.get((tenant, workflow_id), ()):
            if row.version == version:
                return deepcopy(row)
        return None

    def workflows(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[WorkflowRow]:
        scope = f"{tenant}#workflows"
        with self._lock:
            mine = [row for row in self._workflows.values() if row.tenant == tenant and not row.deleted]
        mine.sort(key=_changed, reverse=True)
        if cursor is not None:
            (position,) = decode_cursor(cursor, scope)
            mine = [row for row in mine if _changed(row) < position]
        rows = tuple(mine[:limit])
        return Page(rows, encode_cursor(scope, _changed(rows[-1])) if len(mine) > limit else None)

    def versions(self, tenant: str, workflow_id: str, *, limit: int, cursor: str | None = None) -> Page[VersionRow]:
        scope = f"{tenant}#workflow#{workflow_id}"
        with self._lock:
            rows = [replace(row, document={}, plan={}) for row in self._versions.get((tenant, workflow_id), ())]
        rows.sort(key=_numbered, reverse=True)
        if cursor is not None:
            (position,) = decode_cursor(cursor, scope)
            rows = [row for row in rows if _numbered(row) < position]
        page = tuple(rows[:limit])
        return Page(page, encode_cursor(scope, _numbered(page[-1])) if len(rows) > limit else None)

    def delete(self, tenant: str, workflow_id: str, *, at: datetime, by: str) -> None:
        with self._lock:
            row = self._workflows.get((tenant, workflow_id))
            if row is None:
                message = f"there is no workflow {workflow_id!r}"
                raise NotFound(message, code="workflow_not_found", workflow_id=workflow_id)
            if not row.deleted:
                self._workflows[(tenant, workflow_id)] = replace(row, deleted=True, updated_at=at, updated_by=by)


def _changed(row: WorkflowRow) -> str:
    return f"{row.updated_at.isoformat(timespec='microseconds')}#{row.id}"


def _numbered(row: VersionRow) -> str:
    return f"{row.version:010d}"
