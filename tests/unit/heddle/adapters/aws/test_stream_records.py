"""Commits as the table's own stream tells of them, live and read again after a failed batch."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from heddle.adapters.aws.events import DynamoEventStore
from heddle.adapters.aws.stream_records import DynamoStreamRecords, commit_of
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.application.ports.events import NewEvent
from heddle.domain.events.envelope import Commit, History, Metadata, Snapshot, StreamId
from heddle.errors import NotFound
from tests.contract.aws import moto_clients

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM = StreamId("acme", "run", "r")


class Streams:
    """The part of DynamoDB Streams that is used: one shard, pages of two records. moto does not speak its protocol."""

    def __init__(self, records: list[Any]) -> None:
        self.records = records

    def get_shard_iterator(self, **asked: Any) -> dict[str, Any]:
        if asked["SequenceNumber"] not in [record["dynamodb"]["SequenceNumber"] for record in self.records]:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException", "Message": "too old"}}, "x")
        return {"ShardIterator": str(int(asked["SequenceNumber"]) - 100)}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:
        start = int(ShardIterator)
        return {"Records": self.records[start : start + 2], "NextShardIterator": str(start + 2)}


def streamed() -> tuple[list[Commit], list[Any]]:
    """Write three commits and a snapshot to a table; return the commits and what the table's stream says."""
    with moto_clients() as clients:
        dynamo = clients("dynamodb")
        store, made, history = DynamoEventStore(dynamo, "events", MemoryBlobStore()), [], History(STREAM, ())
        for number in range(3):
            made.append(store.append(history, [NewEvent("X", {"n": number, "pad": "p" * 5000}, NOW)], Metadata("c")))
            history = History(STREAM, (), made[-1].events[-1].version, made[-1].number, made[-1].hash)
        store.save_snapshot(Snapshot(STREAM, 3, 3, 1, {}, NOW))
        items = dynamo.scan(TableName="events")["Items"]
    images = sorted(items, key=lambda item: (item["kind"]["S"], int(item["sk"]["N"])))
    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": image, "SequenceNumber": str(100 + index)}}
        for index, image in enumerate(images)
    ]
    return made, records


def position(start: int, end: int) -> dict[str, str]:
    return {"streamArn": "a", "shardId": "s", "startSequenceNumber": str(start), "endSequenceNumber": str(end)}


def test_only_commits_are_told_of_and_come_out_as_they_were_written() -> None:
    made, records = streamed()

    told = [commit for record in records if (commit := commit_of(record)) is not None]

    assert len(records) == 5, "three commits, a snapshot, a line of the directory"
    assert told == made


@pytest.mark.parametrize(("start", "end", "numbers"), [(100, 104, [1, 2, 3]), (101, 102, [2, 3]), (100, 100, [1])])
def test_the_records_of_a_failed_batch_are_found_again_by_their_position(
    start: int, end: int, numbers: list[int]
) -> None:
    _, records = streamed()

    found = list(DynamoStreamRecords(Streams(records)).between(position(start, end)))

    assert [commit.number for commit in found] == numbers


def test_records_that_the_stream_has_forgotten_are_not_found() -> None:
    with pytest.raises(NotFound):
        list(DynamoStreamRecords(Streams([])).between(position(100, 101)))
