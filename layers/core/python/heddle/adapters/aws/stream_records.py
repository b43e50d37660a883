"""Records of a table's stream: as Lambda delivers them, and as they can be read again for 24 hours."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from heddle.adapters.aws.commit_items import commit_from_item, stream_of
from heddle.adapters.aws.dynamo import Item, call
from heddle.domain.events.envelope import Commit
from heddle.errors import NotFound

_GONE = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"})


def commit_of(record: Mapping[str, Any]) -> Commit | None:
    """Return the commit that a record of the stream announces, None if it announces none.

    Data that lie in the blob store stay references: they are what travels on the bus.
    """
    image = record["dynamodb"].get("NewImage", {})
    if record.get("eventName") != "INSERT" or image.get("kind", {}).get("S") != "commit":
        return None
    item = {name: _raw(attribute) for name, attribute in image.items()}
    return commit_from_item(stream_of(item["pk"]["S"]), item, None)


def is_live(record: Mapping[str, Any]) -> bool:
    """Tell whether the record is of a live run's commit: the filter of whoever shows such runs, once more in code."""
    return record["dynamodb"].get("NewImage", {}).get("live", {}).get("BOOL") is True


def _raw(attribute: Mapping[str, Any]) -> Item:
    # Lambda's JSON carries binary as base64; boto3 decodes it.
    return {
        kind: base64.b64decode(value) if kind == "B" and isinstance(value, str) else value
        for kind, value in attribute.items()
    }


@dataclass(frozen=True)
class DynamoStreamRecords:
    """A StreamRecords; `client` is boto3's `dynamodbstreams`."""

    client: Any

    def between(self, position: Mapping[str, Any]) -> Iterator[Commit]:
        for record in self.records(position):
            commit = commit_of(record)
            if commit is not None:
                yield commit

    def records(self, position: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        last = int(position["endSequenceNumber"])
        try:
            iterator = call(
                self.client.get_shard_iterator,
                StreamArn=position["streamArn"],
                ShardId=position["shardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=position["startSequenceNumber"],
            )["ShardIterator"]
            while iterator:
                page = call(self.client.get_records, ShardIterator=iterator)
                for record in page["Records"]:
                    if int(record["dynamodb"]["SequenceNumber"]) > last:
                        return
                    yield record
                    if int(record["dynamodb"]["SequenceNumber"]) == last:
                        return
                if not page["Records"]:
                    return
                iterator = page.get("NextShardIterator")
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise NotFound("the stream has forgotten these records", code="records_gone") from error
            raise
