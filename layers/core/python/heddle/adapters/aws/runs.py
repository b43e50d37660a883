"""The read model of runs on DynamoDB.

    summary    pk tenant#run#id    sk summary         `version` = the position: the stream version last applied
    node       pk tenant#run#id    sk node#id
    listed     pk tenant#run#id    sk listed          gsi1 tenant#runs
                                                      gsi2 tenant#runs#workflow#w
    status     pk tenant#run#id    sk listed#status   gsi1 tenant#runs#status#s
                                                      gsi2 tenant#runs#workflow#w#status#s

The two lines for lists hold keys only and change when the status does; so a step of a run costs no write to an index.
A list reads its page of keys from an index, and the summaries by key.

Rows and position change in one transaction. More rows than one takes are written in several, like this:

    open     summary.pending = new version          if the position is the expected one
    rows …                                          if pending is still ours
    close    summary, with position, no pending     if pending is still ours

While `pending` stands, the position counts as 0: whoever finds it after a crash starts from the first event and
overwrites every row. Whoever opens anew makes the other's next chunk fail, so two can never mix their rows.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
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
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.application.ports.runs import NodeRecord, RunSummary
from heddle.errors import UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ROWS_PER_TRANSACTION = 90
BYTES_PER_TRANSACTION = 3_000_000
"""DynamoDB takes 100 items and 4 MB; summary and lines for lists need some of it."""

KEYS_PER_READ = 100
_READS = 8


@dataclass(frozen=True)
class DynamoRunStore:
    """A RunStore in the runs table with the indexes gsi1 and gsi2."""

    client: "DynamoDBClient"
    table: str

    def position(self, tenant: str, run_id: str) -> int:
        item = self._summary_item(tenant, run_id)
        if item is None or "pending" in item:
            return 0
        return int(item["version"]["N"])

    def apply(
        self,
        summary: RunSummary,
        nodes: Sequence[NodeRecord],
        *,
        expected_position: int,
        status_before: str | None = None,
    ) -> bool:
        key = partition(summary.tenant, "run", summary.id)
        chunks = list(_chunks([self._put(_node_item(key, node)) for node in nodes]))
        *before, last = chunks or [[]]
        lines = self._lines(key, summary) if summary.status != status_before else []
        mine = {":mine": {"N": str(summary.version)}}
        try:
            if before:
                self._open(key, summary.version, expected_position)
                check = {
                    "TableName": self.table,
                    "Key": to_item({"pk": key, "sk": "summary"}),
                    "ConditionExpression": "pending = :mine",
                    "ExpressionAttributeValues": mine,
                }
                for chunk in before:
                    self._transact([{"ConditionCheck": check}, *chunk])
                close = {"ConditionExpression": "pending = :mine", "ExpressionAttributeValues": mine}
            else:
                close = _at_position(expected_position)
            self._transact([self._put(_summary_item(key, summary), **close), *lines, *last])
        except (ConditionFailed, TransactionBusy):
            return False
        return True

    def run(self, tenant: str, run_id: str) -> RunSummary | None:
        item = self._summary_item(tenant, run_id)
        return _summary(item) if item is not None and "body" in item else None

    def nodes(self, tenant: str, run_id: str, *, only: Collection[str] | None = None) -> tuple[NodeRecord, ...]:
        key = partition(tenant, "run", run_id)
        if only is not None:
            wanted = [to_item({"pk": key, "sk": f"node#{node_id}"}) for node_id in sorted(set(only))]
            return tuple(sorted((_node(item) for item in self._get_all(wanted)), key=lambda node: node.node_id))
        items = items_of(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :node)",
            ExpressionAttributeValues=to_item({":pk": key, ":node": "node#"}),
        )
        return tuple(_node(item) for item in items)

    def runs(
        self,
        tenant: str,
        *,
        limit: int,
        cursor: str | None = None,
        workflow_id: str | None = None,
        status: str | None = None,
    ) -> Page[RunSummary]:
        index = "gsi1" if workflow_id is None else "gsi2"
        scope = _list_key(tenant, workflow_id, status)
        query: dict[str, Any] = {}
        if cursor is not None:
            position, run_id = decode_cursor(cursor, scope, parts=2)
            query["ExclusiveStartKey"] = to_item(
                {
                    "pk": partition(tenant, "run", run_id),
                    "sk": "listed" if status is None else "listed#status",
                    f"{index}pk": scope,
                    f"{index}sk": position,
                }
            )
        page = call(
            self.client.query,
            TableName=self.table,
            IndexName=index,
            KeyConditionExpression=f"{index}pk = :scope",
            ExpressionAttributeValues={":scope": {"S": scope}},
            ScanIndexForward=False,
            Limit=limit,
            **query,
        )
        keys = [{"pk": item["pk"], "sk": {"S": "summary"}} for item in page["Items"]]
        found = {item["pk"]["S"]: _summary(item) for item in self._get_all(keys) if "body" in item}
        # An index is a moment late: a run that has moved on to another status is left out rather than shown wrongly.
        rows = [found[key["pk"]["S"]] for key in keys if key["pk"]["S"] in found]
        rows = [row for row in rows if status is None or row.status == status]
        more = page.get("LastEvaluatedKey")
        if not more:
            return Page(tuple(rows))
        last = more["pk"]["S"].split("#", 2)[2]
        return Page(tuple(rows), encode_cursor(scope, more[f"{index}sk"]["S"], last))

    def _summary_item(self, tenant: str, run_id: str) -> Item | None:
        key = to_item({"pk": partition(tenant, "run", run_id), "sk": "summary"})
        item: Item | None = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return item

    def _get_all(self, keys: Sequence[Item]) -> Iterator[Item]:
        for start in range(0, len(keys), KEYS_PER_READ):
            wanted: Any = {self.table: {"Keys": list(keys[start : start + KEYS_PER_READ]), "ConsistentRead": True}}
            for _ in range(_READS):
                reply = call(self.client.batch_get_item, RequestItems=wanted)
                yield from reply["Responses"].get(self.table, ())
                wanted = reply.get("UnprocessedKeys")
                if not wanted:
                    break
            else:
                raise UpstreamUnavailable("DynamoDB throttled the reading of rows")

    def _open(self, key: str, version: int, expected_position: int) -> None:
        condition = _at_position(expected_position)
        values = condition.get("ExpressionAttributeValues", {}) | {":mine": {"N": str(version)}}
        call(
            self.client.update_item,
            TableName=self.table,
            Key=to_item({"pk": key, "sk": "summary"}),
            UpdateExpression="SET pending = :mine",
            **(condition | {"ExpressionAttributeValues": values}),
        )

    def _lines(self, key: str, summary: RunSummary) -> list[dict[str, Any]]:
        lines = []
        for sort_key, status in (("listed", None), ("listed#status", summary.status)):
            order = f"{summary.requested_at}#{summary.id}"
            item = to_item(
                {
                    "pk": key,
                    "sk": sort_key,
                    "gsi1pk": _list_key(summary.tenant, None, status),
                    "gsi1sk": order,
                    "gsi2pk": _list_key(summary.tenant, summary.workflow_id, status),
                    "gsi2sk": order,
                }
            )
            lines.append(self._put(item))
        return lines

    def _put(self, item: Item, **condition: Any) -> dict[str, Any]:
        return {"Put": {"TableName": self.table, "Item": item, **condition}}

    def _transact(self, items: list[dict[str, Any]]) -> None:
        call(self.client.transact_write_items, TransactItems=items)


def _at_position(expected: int) -> dict[str, Any]:
    if expected == 0:
        return {"ConditionExpression": "attribute_not_exists(pk) OR attribute_exists(pending)"}
    return {
        "ConditionExpression": "#version = :expected AND attribute_not_exists(pending)",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":expected": {"N": str(expected)}},
    }


def _chunks(puts: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    size = 0
    for put in puts:
        bytes_of = len(put["Put"]["Item"]["body"]["B"])
        if chunk and (len(chunk) == ROWS_PER_TRANSACTION or size + bytes_of > BYTES_PER_TRANSACTION):
            yield chunk
            chunk, size = [], 0
        chunk.append(put)
        size += bytes_of
    if chunk:
        yield chunk


def _list_key(tenant: str, workflow_id: str | None, status: str | None) -> str:
    parts = ["runs"]
    if workflow_id is not None:
        parts += ["workflow", workflow_id]
    if status is not None:
        parts += ["status", status]
    return partition(tenant, *parts)


def _summary_item(key: str, summary: RunSummary) -> Item:
    return to_item({"pk": key, "sk": "summary", "version": summary.version, "body": pack_json(asdict(summary))})


def _summary(item: Item) -> RunSummary:
    return RunSummary(**unpack_json(item["body"]["B"]))


def _node_item(key: str, node: NodeRecord) -> Item:
    return to_item({"pk": key, "sk": f"node#{node.node_id}", "body": pack_json(asdict(node))})


def _node(item: Item) -> NodeRecord:
    return NodeRecord(**unpack_json(item["body"]["B"]))
