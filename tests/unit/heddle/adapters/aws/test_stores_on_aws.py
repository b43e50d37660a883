"""What is special about the adapters on AWS: limits, replies that hold failures, errors by their true name."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from heddle.adapters.aws.bus import EventBridgeBus
from heddle.adapters.aws.dead_letters import SqsDeadLetters, SqsQueue
from heddle.adapters.aws.dynamo import ConditionFailed, TransactionBusy, call, pack, unpack
from heddle.adapters.aws.secrets import SecretsManagerSecrets
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.application.history.ports import DeadLetter
from heddle.application.history.redrive import MoveLetters
from heddle.application.ports.events import NewEvent
from heddle.domain.events.envelope import Event, History, Metadata, StreamId
from heddle.errors import NotFound, UpstreamUnavailable
from tests.contract.aws import NAMES, Stores, aws_stores, moto_clients

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM = StreamId("acme", "run", "r")


@pytest.fixture(scope="module")
def clients() -> Iterator[Any]:
    with moto_clients() as made:
        yield made


@pytest.fixture(scope="module")
def stores(clients: Any) -> Stores:
    return aws_stores("moto", clients, NAMES)


def event(version: int, **data: Any) -> Event:
    return Event(f"e{version}", STREAM, version, "NodeScheduled", 1, data, Metadata("c"), NOW)


# --- errors


def refusal(code: str, *reasons: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "CancellationReasons": [{"Code": r} for r in reasons]}
    return ClientError(response, "TransactWriteItems")


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (refusal("ConditionalCheckFailedException"), ConditionFailed),
        (refusal("TransactionCanceledException", "None", "ConditionalCheckFailed"), ConditionFailed),
        (refusal("TransactionCanceledException", "TransactionConflict", "None"), TransactionBusy),
        (refusal("TransactionCanceledException", "ThrottlingError", "None"), UpstreamUnavailable),
        (refusal("TransactionCanceledException", "None", "ProvisionedThroughputExceeded"), UpstreamUnavailable),
        (refusal("ProvisionedThroughputExceededException"), UpstreamUnavailable),
        (refusal("ThrottlingException"), UpstreamUnavailable),
        (EndpointConnectionError(endpoint_url="http://nowhere"), UpstreamUnavailable),
        (refusal("ValidationException"), ClientError),
        (refusal("AccessDeniedException"), ClientError),
    ],
)
def test_foreign_errors_come_out_by_their_true_name(error: Exception, ours: type[Exception]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(ours) as caught:
        call(fail)

    assert type(caught.value) is ours


def test_a_throttled_append_is_not_taken_for_a_lost_race(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(**_arguments: Any) -> None:
        raise refusal("TransactionCanceledException", "ThrottlingError", "None")

    monkeypatch.setattr(stores.events.client, "transact_write_items", throttled)

    with pytest.raises(UpstreamUnavailable):
        stores.events.append(History(STREAM, ()), [NewEvent("X", {}, NOW)], Metadata("c"))


# --- event store


def test_reading_the_tail_of_a_long_stream_reads_one_page(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, history = StreamId("acme", "run", "long"), History(StreamId("acme", "run", "long"), ())
    for number in range(80):
        commit = stores.events.append(history, [NewEvent("X", {"n": number}, NOW)], Metadata("c"))
        history = History(stream, (), commit.events[-1].version, commit.number, commit.hash)
    query, asked = stores.events.client.query, []

    def counted(**arguments: Any) -> Any:
        asked.append(arguments)
        return query(**arguments)

    monkeypatch.setattr(stores.events.client, "query", counted)
    tail = stores.events.read(stream, after=78)

    assert [event.version for event in tail.events] == [79, 80]
    assert [(each["Limit"], each["ConsistentRead"], each["ScanIndexForward"]) for each in asked] == [(25, True, False)]


def test_bodies_are_compressed_where_that_helps() -> None:
    noise = random.Random(1).randbytes(5000)

    assert pack(b"[" + b"0," * 400 + b"0]") == b"[" + b"0," * 400 + b"0]", "short ones stay readable"
    assert len(pack(b"[" + b"0," * 4000 + b"0]")) < 200
    assert pack(noise) == noise
    assert unpack(pack(b"[" + b"0," * 4000 + b"0]")) == b"[" + b"0," * 4000 + b"0]"


# --- bus


class Bridge:
    """PutEvents with the real limits; refuses what `refuse` names."""

    def __init__(self, refuse: frozenset[int] = frozenset()) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.refuse = refuse

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert len(Entries) <= 10
        sizes = [len(e["Detail"].encode()) + len(e["Source"]) + len(e["DetailType"]) + 14 for e in Entries]
        assert sum(sizes) <= 262_144
        self.calls.append(Entries)
        answers = [
            {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
            if json.loads(entry["Detail"])["version"] in self.refuse
            else {"EventId": "x"}
            for entry in Entries
        ]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def test_calls_stay_within_the_limits_of_the_bus() -> None:
    bridge = Bridge()
    bus: Any = EventBridgeBus(bridge, "bus", MemoryBlobStore())  # type: ignore[arg-type]

    refused = bus.publish([event(n, text="x" * (100_000 if n % 7 == 0 else 10)) for n in range(1, 36)])

    versions = [json.loads(entry["Detail"])["version"] for entries in bridge.calls for entry in entries]
    assert (refused, versions) == ([], list(range(1, 36)))


def test_exactly_the_refused_entries_are_returned_with_their_reason() -> None:
    bus: Any = EventBridgeBus(Bridge(frozenset({3, 12})), "bus", MemoryBlobStore())  # type: ignore[arg-type]

    refused = bus.publish([event(n) for n in range(1, 15)])

    assert [(each.version, reason) for each, reason in refused] == [
        (3, "InternalFailure: try again"),
        (12, "InternalFailure: try again"),
    ]


def test_data_too_large_for_the_bus_travel_by_reference() -> None:
    bridge, blobs = Bridge(), MemoryBlobStore()
    bus: Any = EventBridgeBus(bridge, "bus", blobs)  # type: ignore[arg-type]

    assert bus.publish([event(1, text="x" * 300_000)]) == []

    ref = json.loads(bridge.calls[0][0]["Detail"])["data"]["$ref"]
    assert json.loads(blobs.get("acme", ref["key"])) == {"text": "x" * 300_000}


def test_a_call_that_fails_as_a_whole_refuses_each_of_its_events() -> None:
    class Down:
        def put_events(self, **_arguments: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://nowhere")

    bus: Any = EventBridgeBus(Down(), "bus", MemoryBlobStore())  # type: ignore[arg-type]

    assert [each.version for each, _ in bus.publish([event(1), event(2)])] == [1, 2]


# --- secrets


def test_a_secret_is_read_once_in_five_minutes_and_only_its_tenants(clients: Any) -> None:
    manager, clock = clients("secretsmanager"), [0.0]
    manager.create_secret(Name="heddle/acme/key", SecretString="one")
    secrets = SecretsManagerSecrets(manager, "heddle/", lambda: clock[0])

    first = secrets.get("acme", "key")
    manager.put_secret_value(SecretId="heddle/acme/key", SecretString="two")
    second = secrets.get("acme", "key")
    clock[0] = 301.0

    assert (first, second, secrets.get("acme", "key")) == ("one", "one", "two")
    for tenant, name in (("evil", "key"), ("evil", "../acme/key"), ("acme", "absent"), ("", "acme/key")):
        with pytest.raises(NotFound):
            secrets.get(tenant, name)


# --- dead letters


def test_letters_move_from_one_queue_to_the_other_with_their_body(clients: Any) -> None:
    sqs = clients("sqs")
    source, target = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "alive"))
    for number in range(12):
        SqsDeadLetters(sqs, source).send(DeadLetter("acme#run#r", number, ("e",), "why"))

    counts = MoveLetters(SqsQueue(sqs, source))(target, limit=100)

    bodies = []
    while letters := SqsQueue(sqs, target).receive():
        bodies += [json.loads(letter.body)["commit"] for letter in letters]
    assert counts.letters == 12
    assert sorted(bodies) == list(range(12))


# --- weight


def test_what_advance_imports_of_these_stays_light() -> None:
    modules = ["events", "blobs", "catalog", "claims", "cache", "callbacks", "slots"]
    script = "\n".join(
        [
            *(f"import heddle.adapters.aws.{name}" for name in modules),
            "import sys",
            "print([name for name in ('boto3', 'pydantic', 'aws_lambda_powertools', 'jsonschema_rs', 'yaml') "
            "if name in sys.modules])",
        ]
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": "layers/core/python", "PATH": ""},
        cwd=Path(__file__).parents[5],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
