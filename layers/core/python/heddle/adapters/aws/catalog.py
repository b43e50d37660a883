"""Workflows and their versions on DynamoDB.

workflow    pk tenant#workflow#id    sk workflow          gsi1 tenant#workflows, changed#id  (while not deleted)
version     pk tenant#workflow#id    sk version#0000000n  body = document and plan, gzip; too large: in the blob store
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    TransactionBusy,
    call,
    from_item,
    pack,
    partition,
    to_item,
    unpack_json,
)
from heddle.adapters.aws.lists import below, indexed
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.application.ports.paging import Page
from heddle.errors import NotFound, VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

INLINE_BYTES = 300_000
_ROW = {"S": "workflow"}


@dataclass(frozen=True)
class DynamoCatalogStore:
    """A CatalogStore in one table with the index gsi1."""

    client: "DynamoDBClient"
    table: str
    blobs: BlobStore

    def save_version(self, row: WorkflowRow, version: VersionRow, *, expected_version: int) -> None:
        fresh = "attribute_not_exists(pk)"
        put_row: dict[str, Any] = {"TableName": self.table, "Item": _row_item(row), "ConditionExpression": fresh}
        if expected_version:
            put_row |= {
                "ConditionExpression": "#version = :expected AND #deleted = :no",
                "ExpressionAttributeNames": {"#version": "version", "#deleted": "deleted"},
                "ExpressionAttributeValues": to_item({":expected": expected_version, ":no": False}),
            }
        put_version = {"TableName": self.table, "Item": self._version_item(version), "ConditionExpression": fresh}
        try:
            call(self.client.transact_write_items, TransactItems=[{"Put": put_row}, {"Put": put_version}])
        except (ConditionFailed, TransactionBusy) as error:
            raise VersionConflict(
                f"workflow {row.id!r} is not at version {expected_version}", expected=expected_version
            ) from error

    def workflow(self, tenant: str, workflow_id: str) -> WorkflowRow | None:
        item = self._get(tenant, workflow_id, _ROW)
        return _row(tenant, item) if item is not None else None

    def version(self, tenant: str, workflow_id: str, version: int) -> VersionRow | None:
        item = self._get(tenant, workflow_id, {"S": _version_key(version)})
        if item is None:
            return None
        values = from_item(item)
        body = values.get("body")
        content = unpack_json(body) if body is not None else orjson.loads(self.blobs.get(tenant, values["object"]))
        return _version(tenant, values, content)

    def workflows(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[WorkflowRow]:
        def key_of(changed: str) -> dict[str, Any]:
            return {"pk": partition(tenant, "workflow", changed.partition("#")[2]), "sk": "workflow"}

        scope = partition(tenant, "workflows")
        items, more = indexed(self.client, self.table, scope, key_of=key_of, limit=limit, cursor=cursor)
        return Page(tuple(_row(tenant, item) for item in items), more)

    def versions(self, tenant: str, workflow_id: str, *, limit: int, cursor: str | None = None) -> Page[VersionRow]:
        pk, shown = (
            partition(tenant, "workflow", workflow_id),
            ("workflow_id", "version", "created_at", "created_by", "note"),
        )
        items, more = below(self.client, self.table, pk, "version#", limit=limit, cursor=cursor, only=shown)
        return Page(tuple(_version(tenant, from_item(item), {}) for item in items), more)

    def delete(self, tenant: str, workflow_id: str, *, at: datetime, by: str) -> None:
        try:
            call(
                self.client.update_item,
                TableName=self.table,
                Key={"pk": {"S": partition(tenant, "workflow", workflow_id)}, "sk": _ROW},
                # Without its index keys the row is out of every list, and still there for its old runs.
                UpdateExpression="SET deleted = :yes, updated_at = :at, updated_by = :by REMOVE gsi1pk, gsi1sk",
                ConditionExpression="deleted = :no",
                ExpressionAttributeValues=to_item({":yes": True, ":no": False, ":at": at.isoformat(), ":by": by}),
            )
        except ConditionFailed as error:
            if self.workflow(tenant, workflow_id) is None:
                message = f"there is no workflow {workflow_id!r}"
                raise NotFound(message, code="workflow_not_found", workflow_id=workflow_id) from error

    def _get(self, tenant: str, workflow_id: str, sort_key: Mapping[str, str]) -> Item | None:
        key = {"pk": {"S": partition(tenant, "workflow", workflow_id)}, "sk": sort_key}
        item: Item | None = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return item

    def _version_item(self, row: VersionRow) -> Item:
        content = orjson.dumps({"document": row.document, "plan": row.plan})
        body: bytes | None = pack(content)
        kept = None
        if body is not None and len(body) > INLINE_BYTES:
            ref = self.blobs.put(row.tenant, content, media_type="application/json", prefix="versions")
            body, kept = None, ref.key
        return to_item(
            {
                "pk": partition(row.tenant, "workflow", row.workflow_id),
                "sk": _version_key(row.version),
                "workflow_id": row.workflow_id,
                "version": row.version,
                "created_at": row.created_at.isoformat(),
                "created_by": row.created_by,
                "note": row.note,
                "body": body,
                "object": kept,
            }
        )


def _row_item(row: WorkflowRow) -> Item:
    return to_item(
        {
            "pk": partition(row.tenant, "workflow", row.id),
            "sk": "workflow",
            "gsi1pk": None if row.deleted else partition(row.tenant, "workflows"),
            "gsi1sk": None if row.deleted else f"{row.updated_at.isoformat(timespec='microseconds')}#{row.id}",
            "id": row.id,
            "name": row.name,
            "description": row.description,
            "version": row.version,
            "labels": orjson.dumps(row.labels).decode(),
            "created_at": row.created_at.isoformat(),
            "updated_at": row.updated_at.isoformat(),
            "updated_by": row.updated_by,
            "deleted": row.deleted,
        }
    )


def _row(tenant: str, item: Item) -> WorkflowRow:
    values = from_item(item)
    return WorkflowRow(
        tenant=tenant,
        id=values["id"],
        name=values["name"],
        description=values["description"],
        version=values["version"],
        labels=orjson.loads(values["labels"]),
        created_at=datetime.fromisoformat(values["created_at"]),
        updated_at=datetime.fromisoformat(values["updated_at"]),
        updated_by=values["updated_by"],
        deleted=values["deleted"],
    )


def _version(tenant: str, values: Mapping[str, Any], content: Mapping[str, Any]) -> VersionRow:
    return VersionRow(
        tenant=tenant,
        workflow_id=values["workflow_id"],
        version=values["version"],
        document=content.get("document", {}),
        plan=content.get("plan", {}),
        created_at=datetime.fromisoformat(values["created_at"]),
        created_by=values["created_by"],
        note=values["note"],
    )


def _version_key(version: int) -> str:
    return f"version#{version:010d}"
