"""History, relay, dead letters and read model on the real stage: what is stored is what everybody is told and shown."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.adapters.aws.blobs import S3BlobStore
from heddle.adapters.aws.catalog import DynamoCatalogStore
from heddle.adapters.aws.commit_items import commit_item
from heddle.adapters.aws.dynamo import pack, unpack
from heddle.adapters.aws.events import DynamoEventStore
from heddle.adapters.aws.runs import DynamoRunStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.runs import MemoryRunStore
from heddle.application.ports.events import NewEvent
from heddle.application.projections.rebuild_runs import RebuildRuns
from heddle.domain.events.chain import event_from_envelope
from heddle.domain.events.envelope import Commit, Event, History, Metadata, StreamId
from heddle_cli.console import Exit
from heddle_cli.stage import aws
from heddle_sdk import Client
from tests.contract.benches import take
from tests.local.conftest import ROOT, Cli, wait_until

ORDERS = '{"orders": [{"item": "rope", "price": 2, "count": 3}]}'
TENANT = "demo"
POISONED = "poisoned"
"""A tenant of the tests' own, whose run nobody carries on."""


class Behind:
    """The stage behind its API: stores on its tables, and clients."""

    def __init__(self, cli: Cli) -> None:
        port = json.loads((cli.home / "runtime.json").read_text())["ports"]["emulator"]
        self.names: dict[str, str] = json.loads((cli.home / "data" / "outputs.json").read_text())
        self.client: Callable[[str], Any] = lambda service: aws.client(service, port)
        self.dynamo = self.client("dynamodb")
        self.blobs = S3BlobStore(self.client("s3"), self.names["PayloadBucket"])
        self.events = DynamoEventStore(self.dynamo, self.names["EventTable"], self.blobs)
        self.catalog = DynamoCatalogStore(self.dynamo, self.names["CatalogTable"], self.blobs)
        self.runs = DynamoRunStore(self.dynamo, self.names["RunsTable"])

    def history(self, run_id: str) -> tuple[Event, ...]:
        return self.events.read(StreamId(TENANT, "run", run_id)).events

    def rows(self, run_id: str) -> dict[str, Any]:
        """Return every row of the read model for a run, as it lies in the table."""
        found = self.dynamo.query(
            TableName=self.names["RunsTable"],
            KeyConditionExpression="pk = :run",
            ExpressionAttributeValues={":run": {"S": f"{TENANT}#run#{run_id}"}},
        )["Items"]
        return {item["sk"]["S"]: item for item in found}


@pytest.fixture(scope="module")
def behind(heddle: Cli) -> Behind:
    return Behind(heddle)


@pytest.fixture
def overheard(behind: Behind) -> Iterator[Callable[[int], list[Event]]]:
    """Return what waits for so many events on the stage's bus, from now on."""
    events, sqs, name = behind.client("events"), behind.client("sqs"), f"overheard-{uuid.uuid4().hex[:8]}"
    bus, url = behind.names["EventBus"], sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["heddle"]}))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    yield lambda count: [
        event_from_envelope(json.loads(message["Body"])["detail"]) for message in take(sqs, url, count)
    ]
    events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
    events.delete_rule(Name=name, EventBusName=bus)
    sqs.delete_queue(QueueUrl=url)


def run(heddle: Cli, behind: Behind) -> str:
    """Run an example to its end, and wait until its rows show all of its history."""
    run_id: str = heddle.json("run", str(ROOT / "examples" / "for_each.yaml"), "-i", ORDERS)["id"]
    shown(behind, run_id)
    return run_id


def shown(behind: Behind, run_id: str) -> None:
    wait_until(
        lambda: behind.runs.position(TENANT, run_id) == behind.history(run_id)[-1].version, 30, "the rows are complete"
    )


def folded(behind: Behind) -> MemoryRunStore:
    """Return the read model that the event store as it is now gives, in memory."""
    rows = MemoryRunStore()
    RebuildRuns(rows, behind.events, behind.catalog).tenant(TENANT)
    return rows


def requested(behind: Behind) -> Commit:
    """Return the first commit of a run that nobody asked for, written nowhere yet."""
    data = {"workflow_id": "w", "workflow_version": 1, "input": {}, "requested_at": "2026-11-20T12:00:00+00:00"}
    stream, store = StreamId(POISONED, "run", f"r-{uuid.uuid4().hex[:8]}"), MemoryEventStore()
    facts = [NewEvent("RunRequested", data, datetime.now(UTC))]
    return store.append(History(stream, ()), facts, Metadata("c-poison", None, "user:tests", "tests"))


def test_every_event_of_a_run_reaches_the_bus_as_it_was_stored(
    heddle: Cli, behind: Behind, overheard: Callable[[int], list[Event]]
) -> None:
    run_id = run(heddle, behind)

    stored = behind.history(run_id)
    heard = [event for event in overheard(len(stored)) if event.stream.id == run_id]
    assert sorted(heard, key=lambda event: event.version) == list(stored)


def test_the_list_of_runs_is_the_fold_of_the_event_store(heddle: Cli, behind: Behind, client: Client) -> None:
    run(heddle, behind)

    listed = {each.id: each for each in client.runs.list()}
    expected = {row.id: row for row in folded(behind).runs(TENANT, limit=1000).items}
    assert {row.id: row for row in behind.runs.runs(TENANT, limit=1000).items} == expected
    assert {ident: (each.status, each.workflow_id) for ident, each in listed.items()} == {
        ident: (row.status, row.workflow_id) for ident, row in expected.items()
    }


def test_a_poison_record_goes_to_the_dead_letters_and_holds_up_nobody(heddle: Cli, behind: Behind) -> None:
    commit, table = requested(behind), behind.names["EventTable"]
    whole = commit_item(commit, behind.blobs)
    behind.dynamo.put_item(TableName=table, Item={**whole, "body": {"B": b"\x00 not a commit"}})

    run(heddle, behind)

    letters, sqs = behind.names["RelayDeadLettersUrl"], behind.client("sqs")
    named = ["ApproximateNumberOfMessages"]
    wait_until(
        lambda: int(sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=named)["Attributes"][named[0]]),
        20,
        "the poison record is a dead letter",
    )
    assert behind.runs.position(POISONED, commit.stream.id) == 0
    # Its cause is removed by whoever read the log; the letter can be sent again then.
    behind.dynamo.put_item(TableName=table, Item=whole)
    counts = heddle.json("redrive", "relay")["relay"]
    assert (counts["letters"], counts["events"], counts["refused"], counts["unreadable"]) == (1, 1, 0, 0)
    wait_until(lambda: behind.runs.position(POISONED, commit.stream.id) == 1, 20, "the redriven event is shown")


def test_redrive_of_an_unknown_source_names_the_known_ones(heddle: Cli) -> None:
    done = heddle("redrive", "nobody", check=False)

    assert done.returncode == Exit.USAGE
    assert "project-runs" in done.stderr


def test_rows_that_were_lost_are_rebuilt_as_they_were(heddle: Cli, behind: Behind) -> None:
    run_id = run(heddle, behind)
    before = behind.rows(run_id)
    for item in before.values():
        behind.dynamo.delete_item(TableName=behind.names["RunsTable"], Key={"pk": item["pk"], "sk": item["sk"]})
    assert run_id not in {row.id for row in behind.runs.runs(TENANT, limit=1000).items}

    answer = heddle.json("rebuild", run_id)

    assert answer == {"rebuilt": 1}
    assert behind.rows(run_id) == before
    assert {"summary", "listed", "listed#status"} < set(before)


def test_all_runs_of_the_tenant_can_be_rebuilt_at_once(heddle: Cli, behind: Behind) -> None:
    run_id = run(heddle, behind)
    before = behind.rows(run_id)
    behind.dynamo.delete_item(
        TableName=behind.names["RunsTable"], Key={"pk": before["summary"]["pk"], "sk": {"S": "summary"}}
    )

    answer = heddle.json("rebuild")

    assert answer["rebuilt"] >= 1
    assert behind.rows(run_id) == before


def test_a_run_that_never_was_cannot_be_rebuilt(heddle: Cli) -> None:
    assert heddle("rebuild", "never-was", check=False).returncode == Exit.FAILED


def test_verify_finds_a_history_intact_until_somebody_changes_it(heddle: Cli, behind: Behind) -> None:
    run_id = run(heddle, behind)
    assert "intact" in heddle("verify", run_id).stdout
    key = {"pk": {"S": f"{TENANT}#run#{run_id}"}, "sk": {"N": "2"}}
    table = behind.names["EventTable"]
    item = behind.dynamo.get_item(TableName=table, Key=key)["Item"]
    genuine = item["body"]
    forged = unpack(genuine["B"]).replace(b"RunStarted", b"RunStopped")
    assert forged != unpack(genuine["B"])
    behind.dynamo.put_item(TableName=table, Item={**item, "body": {"B": pack(forged)}})

    done = heddle("verify", run_id, "--json", check=False)
    behind.dynamo.put_item(TableName=table, Item={**item, "body": genuine})

    report = json.loads(done.stdout)
    assert done.returncode == Exit.FAILED
    assert [(finding["commit"], finding["code"]) for finding in report["findings"]] == [(2, "hash_mismatch")]
    assert heddle.json("verify", run_id)["intact"]
