"""Prompts, versions and label changes on DynamoDB.

prompt         pk tenant#prompt#name  sk prompt                 gsi1 tenant#prompts, changed#name        (not deleted)
line by tag    pk tenant#prompt#name  sk tag#t                  gsi1 tenant#prompts#tag#t, changed#name  (not deleted)
version        pk tenant#prompt#name  sk version#0000000n       body = texts, variables and tests, gzip
label change   pk tenant#prompt#name  sk label#0000000n#label   n = the prompt's revision that it made

The limits of a document keep a version below the size of an item.
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
    pack_json,
    partition,
    to_item,
    unpack_json,
)
from heddle.adapters.aws.lists import ListPage, below, indexed
from heddle.application.ports.paging import Page
from heddle.domain.prompts.prompt import LabelChange, Prompt, PromptVersion
from heddle.domain.prompts.prompt_json import body_from, body_of, labels_from_json, labels_to_json
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_ABSENT = "attribute_not_exists(pk)"


@dataclass(frozen=True)
class DynamoPromptStore:
    """A PromptStore in one table with the index gsi1."""

    client: "DynamoDBClient"
    table: str

    def save(
        self,
        tenant: str,
        prompt: Prompt,
        *,
        before: Prompt | None,
        version: PromptVersion | None = None,
        changes: tuple[LabelChange, ...] = (),
    ) -> None:
        row: dict[str, Any] = {"Item": _row_item(tenant, prompt, "prompt", "prompts"), "ConditionExpression": _ABSENT}
        if before is not None:
            row |= {
                "ConditionExpression": "revision = :expected",
                "ExpressionAttributeValues": to_item({":expected": before.revision}),
            }
        puts = [row]
        if version is not None:
            puts.append({"Item": _version_item(tenant, version), "ConditionExpression": _ABSENT})
        puts += [{"Item": _change_item(tenant, prompt.name, change)} for change in changes]
        tags = () if prompt.deleted else prompt.tags
        puts += [{"Item": _row_item(tenant, prompt, f"tag#{tag}", "prompts", "tag", tag)} for tag in tags]
        gone = sorted(set(before.tags if before else ()) - set(tags))
        writes = [{"Put": {"TableName": self.table, **put}} for put in puts]
        writes += [
            {"Delete": {"TableName": self.table, "Key": _key(tenant, prompt.name, f"tag#{tag}")}} for tag in gone
        ]
        try:
            call(self.client.transact_write_items, TransactItems=writes)
        except (ConditionFailed, TransactionBusy) as error:
            raise VersionConflict(f"prompt {prompt.name!r} has changed since it was read") from error

    def prompt(self, tenant: str, name: str) -> Prompt | None:
        item = self._get(tenant, name, "prompt")
        return _prompt(item) if item is not None else None

    def version(self, tenant: str, name: str, number: int) -> PromptVersion | None:
        item = self._get(tenant, name, _version_key(number))
        return _version(item) if item is not None else None

    def prompts(self, tenant: str, *, limit: int, cursor: str | None = None, tag: str | None = None) -> Page[Prompt]:
        def key_of(changed: str) -> dict[str, Any]:
            name = changed.rpartition("#")[2]
            return {"pk": partition(tenant, "prompt", name), "sk": "prompt" if tag is None else f"tag#{tag}"}

        scope = partition(tenant, "prompts") if tag is None else partition(tenant, "prompts", "tag", tag)
        items, more = indexed(self.client, self.table, scope, key_of=key_of, limit=limit, cursor=cursor)
        return Page(tuple(_prompt(item) for item in items), more)

    def versions(self, tenant: str, name: str, *, limit: int, cursor: str | None = None) -> Page[PromptVersion]:
        items, more = self._below(tenant, name, "version#", limit, cursor)
        return Page(tuple(_version(item) for item in items), more)

    def changes(self, tenant: str, name: str, *, limit: int, cursor: str | None = None) -> Page[LabelChange]:
        items, more = self._below(tenant, name, "label#", limit, cursor)
        return Page(tuple(_change(from_item(item)) for item in items), more)

    def _get(self, tenant: str, name: str, sort_key: str) -> Item | None:
        key = _key(tenant, name, sort_key)
        item: Item | None = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return item

    def _below(self, tenant: str, name: str, prefix: str, limit: int, cursor: str | None) -> ListPage:
        """Return items of a prompt without their bodies."""
        pk, shown = partition(tenant, "prompt", name), [*_VERSION_FIELDS, *_CHANGE_FIELDS]
        return below(self.client, self.table, pk, prefix, limit=limit, cursor=cursor, only=shown)


_VERSION_FIELDS = (
    "prompt",
    "number",
    "content_hash",
    "created_at",
    "created_by",
    "syntax",
    "output_format",
    "note",
)
_CHANGE_FIELDS = ("label", "action", "version_before", "version", "at", "by", "revision")


def _key(tenant: str, name: str, sort_key: str) -> Item:
    return {"pk": {"S": partition(tenant, "prompt", name)}, "sk": {"S": sort_key}}


def _version_key(number: int) -> str:
    return f"version#{number:010d}"


def _row_item(tenant: str, prompt: Prompt, sort_key: str, *scope: str) -> Item:
    changed = f"{prompt.updated_at.isoformat(timespec='microseconds')}#{prompt.name}"
    facts = {
        "gsi1pk": None if prompt.deleted else partition(tenant, *scope),
        "gsi1sk": None if prompt.deleted else changed,
        "name": prompt.name,
        "version": prompt.version,
        "revision": prompt.revision,
        "created_at": prompt.created_at.isoformat(),
        "updated_at": prompt.updated_at.isoformat(),
        "updated_by": prompt.updated_by,
        "description": prompt.description,
        "tags": orjson.dumps(prompt.tags).decode(),
        "labels": orjson.dumps(labels_to_json(prompt.labels)).decode(),
        "deleted": prompt.deleted,
    }
    return _key(tenant, prompt.name, sort_key) | to_item(facts)


def _prompt(item: Item) -> Prompt:
    values = from_item(item)
    return Prompt(
        name=values["name"],
        version=values["version"],
        revision=values["revision"],
        created_at=datetime.fromisoformat(values["created_at"]),
        updated_at=datetime.fromisoformat(values["updated_at"]),
        updated_by=values["updated_by"],
        description=values["description"],
        tags=tuple(orjson.loads(values["tags"])),
        labels=labels_from_json(orjson.loads(values["labels"])),
        deleted=values["deleted"],
    )


def _version_item(tenant: str, version: PromptVersion) -> Item:
    facts = {
        "prompt": version.prompt,
        "number": version.number,
        "content_hash": version.content_hash,
        "created_at": version.created_at.isoformat(),
        "created_by": version.created_by,
        "syntax": version.syntax,
        "output_format": version.output_format,
        "note": version.note,
        "body": pack_json(body_of(version)),
    }
    return _key(tenant, version.prompt, _version_key(version.number)) | to_item(facts)


def _version(item: Item) -> PromptVersion:
    values = from_item(item)
    body = values.get("body")
    return PromptVersion(
        **{name: values[name] for name in _VERSION_FIELDS if name != "created_at"},
        created_at=datetime.fromisoformat(values["created_at"]),
        **(body_from(unpack_json(body)) if body is not None else {"content": {}, "templates": {}}),
    )


def _change_item(tenant: str, name: str, change: LabelChange) -> Item:
    facts = {
        "label": change.label,
        "action": change.action,
        "version_before": change.before,
        "version": change.version,
        "at": change.at.isoformat(),
        "by": change.by,
        "revision": change.revision,
    }
    return _key(tenant, name, f"label#{change.revision:010d}#{change.label}") | to_item(facts)


def _change(values: Mapping[str, Any]) -> LabelChange:
    return LabelChange(
        label=values["label"],
        action=values["action"],
        before=values.get("version_before"),
        version=values.get("version"),
        at=datetime.fromisoformat(values["at"]),
        by=values["by"],
        revision=values["revision"],
    )
