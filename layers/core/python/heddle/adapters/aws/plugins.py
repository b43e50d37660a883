"""Plugins in the catalog table, their calls in the runs table.

plugin    pk tenant#plugins              sk name               with its current version: all of a tenant are one query
version   pk tenant#plugin#name          sk version#1.2.0
call      pk tenant#plugin-calls#name    sk call#at#id         ends after seven days
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    TransactionBusy,
    call,
    items_of,
    pack_json,
    partition,
    to_item,
    unpack_json,
)
from heddle.adapters.aws.lists import below
from heddle.application.ports.paging import Page
from heddle.application.ports.plugins import PluginCall
from heddle.domain.plugins.manifest import read_manifest
from heddle.domain.plugins.plugin import Compiled, Plugin, PluginVersion
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_SECONDS = 7 * 24 * 3600
_PER_TRANSACTION = 99  # a transaction has a hundred items, one of which is the plugin


@dataclass(frozen=True)
class DynamoPluginStore:
    """A PluginStore."""

    client: "DynamoDBClient"
    table: str

    def get(self, tenant: str, name: str) -> Plugin | None:
        key = to_item(_plugin_key(tenant, name))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return _plugin(item) if item is not None else None

    def plugins(self, tenant: str) -> Sequence[Plugin]:
        return [_plugin(item) for item in self._below(partition(tenant, "plugins"))]

    def version(self, tenant: str, name: str, version: str) -> PluginVersion | None:
        key = to_item(_version_key(tenant, name, version))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return _version(unpack_json(item["body"]["B"])) if item is not None else None

    def versions(self, tenant: str, name: str) -> Sequence[PluginVersion]:
        items = self._below(partition(tenant, "plugin", name))
        versions = [_version(unpack_json(item["body"]["B"])) for item in items]
        return sorted(versions, key=lambda each: (each.uploaded_at, each.version), reverse=True)

    def put(self, plugin: Plugin) -> None:
        current = plugin.current
        row = {
            **_plugin_key(plugin.tenant, plugin.name),
            "revision": plugin.revision,
            "body": pack_json(_plugin_json(plugin)),
        }
        put: dict[str, Any] = {
            "TableName": self.table,
            "Item": to_item(row),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if plugin.revision > 1:
            put |= {
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": to_item({":before": plugin.revision - 1}),
            }
        version = {
            **_version_key(plugin.tenant, plugin.name, current.version),
            "sha256": current.sha256,
            "body": pack_json(_version_json(current)),
        }
        # The same version again may be compiled anew, but it is the same module.
        beside = {
            "TableName": self.table,
            "Item": to_item(version),
            "ConditionExpression": "attribute_not_exists(pk) OR sha256 = :sha256",
            "ExpressionAttributeValues": to_item({":sha256": current.sha256}),
        }
        self._transact([{"Put": put}, {"Put": beside}], plugin.revision - 1)

    def delete(self, plugin: Plugin) -> None:
        first: dict[str, Any] = {
            "Delete": {
                "TableName": self.table,
                "Key": to_item(_plugin_key(plugin.tenant, plugin.name)),
                "ConditionExpression": "revision = :revision",
                "ExpressionAttributeValues": to_item({":revision": plugin.revision}),
            }
        }
        keys = [
            to_item(_version_key(plugin.tenant, plugin.name, each.version))
            for each in self.versions(plugin.tenant, plugin.name)
        ]
        deletes = [{"Delete": {"TableName": self.table, "Key": key}} for key in keys]
        # The plugin goes last: until then a delete that was broken off can be asked for again.
        for start in range(_PER_TRANSACTION, len(deletes), _PER_TRANSACTION):
            self._transact(deletes[start : start + _PER_TRANSACTION], plugin.revision)
        self._transact([first, *deletes[:_PER_TRANSACTION]], plugin.revision)

    def _below(self, pk: str) -> list[Item]:
        query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": to_item({":pk": pk})}
        return list(items_of(self.client.query, TableName=self.table, ConsistentRead=True, **query))

    def _transact(self, items: list[dict[str, Any]], revision: int) -> None:
        try:
            call(self.client.transact_write_items, TransactItems=items)
        except (ConditionFailed, TransactionBusy) as error:
            raise VersionConflict(f"the plugin is not at revision {revision}", expected=revision) from error


@dataclass(frozen=True)
class DynamoPluginLog:
    """A PluginLog."""

    client: "DynamoDBClient"
    table: str

    def add(self, tenant: str, record: PluginCall) -> None:
        item = {
            "pk": partition(tenant, "plugin-calls", record.plugin),
            "sk": f"call#{record.at}#{record.id}",
            "body": pack_json(asdict(record)),
            "expires_at": int(datetime.fromisoformat(record.at).timestamp()) + KEPT_SECONDS,
        }
        call(self.client.put_item, TableName=self.table, Item=to_item(item))

    def calls(self, tenant: str, plugin: str, *, limit: int, cursor: str | None = None) -> Page[PluginCall]:
        pk = partition(tenant, "plugin-calls", plugin)
        items, more = below(self.client, self.table, pk, "call#", limit=limit, cursor=cursor)
        return Page(tuple(PluginCall(**unpack_json(item["body"]["B"])) for item in items), more)


def _plugin_key(tenant: str, name: str) -> dict[str, str]:
    return {"pk": partition(tenant, "plugins"), "sk": name}


def _version_key(tenant: str, name: str, version: str) -> dict[str, str]:
    return {"pk": partition(tenant, "plugin", name), "sk": f"version#{version}"}


def _fields(record: Any, *without: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__ if name not in without}


def _plugin_json(plugin: Plugin) -> dict[str, Any]:
    return {**_fields(plugin, "current"), "current": _version_json(plugin.current)}


def _version_json(version: PluginVersion) -> dict[str, Any]:
    return {
        **_fields(version, "manifest", "compiled"),
        "manifest": version.manifest.to_json(),
        "compiled": _fields(version.compiled),
    }


def _plugin(item: Item) -> Plugin:
    body = unpack_json(item["body"]["B"])
    return Plugin(**{**body, "current": _version(body["current"])})


def _version(body: dict[str, Any]) -> PluginVersion:
    # A manifest that was taken once is read by the same rules for ever: they may only be widened.
    manifest, compiled = read_manifest(body["manifest"]), Compiled(**body["compiled"])
    return PluginVersion(**{**body, "manifest": manifest, "compiled": compiled})
