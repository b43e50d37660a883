"""What the event table's own stream tells of commits, read again after a failed batch.

moto does not speak the protocol of streams: these run in tests/local/test_contracts.py only, and beside them
tests/unit/heddle/adapters/aws/test_stream_records.py plays a stream.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.adapters.aws.stream_records import DynamoStreamRecords, commit_of
from heddle.application.ports.events import NewEvent
from heddle.domain.events.envelope import Commit, History, Metadata, StreamId
from heddle.errors import NotFound
from tests.contract.aws import Stores

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def grow(aws: Stores, stream: StreamId, commits: int) -> list[Commit]:
    history, made = History(stream, ()), []
    for number in range(commits):
        made.append(aws.events.append(history, [NewEvent("X", {"n": number, "pad": "p" * 3000}, NOW)], Metadata("c")))
        history = History(stream, (), made[-1].events[-1].version, made[-1].number, made[-1].hash)
    return made


def report(aws: Stores, stream: StreamId, first: int, last: int) -> dict[str, str]:
    """Return what Lambda would report of a failed batch from one commit of the stream to another."""
    arn = aws.clients("dynamodb").describe_table(TableName=aws.events.table)["Table"]["LatestStreamArn"]
    streams = aws.clients("dynamodbstreams")
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    where: dict[str, Any] = {"StreamArn": arn, "ShardId": shard["ShardId"]}
    iterator = streams.get_shard_iterator(**where, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    numbers: dict[int, str] = {}
    while last not in numbers:
        page = streams.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            commit = commit_of(record)
            if commit is not None and commit.stream == stream:
                numbers[commit.number] = record["dynamodb"]["SequenceNumber"]
        assert page["Records"], "the stream ends before the commit"
        iterator = page["NextShardIterator"]
    return {
        "streamArn": arn,
        "shardId": shard["ShardId"],
        "startSequenceNumber": numbers[first],
        "endSequenceNumber": numbers[last],
    }


@pytest.mark.parametrize(("first", "last"), [(1, 3), (2, 3), (2, 2)])
def test_the_commits_of_a_failed_batch_are_found_again_as_they_were_written(
    aws: Stores, tenant: str, first: int, last: int
) -> None:
    stream = StreamId(tenant, "run", "r")
    made = grow(aws, stream, 4)

    found = list(DynamoStreamRecords(aws.clients("dynamodbstreams")).between(report(aws, stream, first, last)))

    assert found == made[first - 1 : last]


def test_a_stream_that_is_gone_is_not_found(aws: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    grow(aws, stream, 1)
    gone = report(aws, stream, 1, 1)
    gone["streamArn"] = gone["streamArn"].replace(aws.events.table, "never-was")

    with pytest.raises(NotFound):
        list(DynamoStreamRecords(aws.clients("dynamodbstreams")).between(gone))
