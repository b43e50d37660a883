"""What every event store promises."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.adapters.aws.dynamo import pack, unpack
from heddle.application.history.verify import verify_stream
from heddle.application.ports.events import NewEvent
from heddle.domain.events.chain import hash_of
from heddle.domain.events.envelope import Commit, History, Metadata, Snapshot, StreamId
from heddle.errors import HeddleError, InvalidInput, VersionConflict
from tests.contract.aws import Stores

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
WHO = Metadata("c-1", "e-0", "user:ada", "tests")


def scheduled(node: str = "a", **data: Any) -> NewEvent:
    return NewEvent("NodeScheduled", {"node_id": node, "attempt": 1, "strand": "0", "at": "t", **data}, NOW)


def behind(commit: Commit) -> History:
    return History(commit.stream, (), commit.events[-1].version, commit.number, commit.hash)


def grow(stores: Stores, stream: StreamId, commits: int, *, events: int = 1) -> list[Commit]:
    history, made = History(stream, ()), []
    for number in range(commits):
        made.append(stores.events.append(history, [scheduled(f"n{number}_{i}") for i in range(events)], WHO))
        history = behind(made[-1])
    return made


def test_an_unknown_stream_is_empty_at_version_0(stores: Stores, tenant: str) -> None:
    history = stores.events.read(StreamId(tenant, "run", "r"))

    assert (history.events, history.version, history.commit, history.head_hash) == ((), 0, 0, "")


def test_what_was_appended_is_read_back_whole_and_in_order(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r#1")
    data = {"node_id": "ü", "attempt": 1, "strand": "0", "at": "t", "deep": [1, 2.5, None, True, {"a": "é"}]}

    commit = stores.events.append(History(stream, ()), [NewEvent("NodeScheduled", data, NOW), scheduled("b")], WHO)
    history = stores.events.read(stream)

    assert history.events == commit.events
    assert [event.version for event in history.events] == [1, 2]
    assert history.events[0].data == data
    assert history.events[0].metadata == WHO
    assert history.events[0].occurred_at == NOW
    assert (history.version, history.commit, history.head_hash) == (2, 1, commit.hash)


def test_event_ids_are_ulids_that_sort_in_the_order_of_the_stream(stores: Stores, tenant: str) -> None:
    commits = grow(stores, StreamId(tenant, "run", "r"), 1, events=5)

    ids = [event.id for commit in commits for event in commit.events]
    assert ids == sorted(set(ids)) and all(len(each) == 26 for each in ids)


def test_a_commits_meter_is_chained_and_read_with_its_size_on_its_last_event(stores: Stores, tenant: str) -> None:
    stream, meter = StreamId(tenant, "run", "r"), {"invocations": 1, "ms": 12, "mb": 512, "mode": "standard"}
    first = stores.events.append(History(stream, ()), [scheduled("a"), scheduled("b")], WHO, meter)
    stores.events.append(behind(first), [scheduled("c")], WHO)

    a, b, c = stores.events.read(stream).events
    (again,) = stores.events.read(stream, after=2).events
    commits = list(stores.events.commits(stream))

    assert a.meter is None
    assert b.meter is not None
    assert b.meter["bytes"] > 100
    assert b.meter == {**meter, "events": 2, "bytes": b.meter["bytes"]}
    assert c.meter is not None
    assert c.meter == again.meter == {"events": 1, "bytes": c.meter["bytes"]}
    assert [commit.meter for commit in commits] == [meter, None]
    assert [commit.events[-1].meter for commit in commits] == [b.meter, c.meter]
    assert verify_stream(stores.events, stream).intact
    assert hash_of(replace(commits[0], meter={**meter, "ms": 13})) != commits[0].hash
    assert hash_of(replace(commits[0], meter=None)) != commits[0].hash


def test_a_second_writer_of_the_same_commit_loses_and_leaves_no_trace(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    (first,) = grow(stores, stream, 1)
    stores.events.append(behind(first), [scheduled("winner")], WHO)

    with pytest.raises(VersionConflict):
        stores.events.append(behind(first), [scheduled("loser")], WHO)

    assert [event.data["node_id"] for event in stores.events.read(stream).events] == ["n0_0", "winner"]


def test_a_second_first_commit_loses(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    grow(stores, stream, 1)

    with pytest.raises(VersionConflict):
        stores.events.append(History(stream, ()), [scheduled()], WHO)


@pytest.mark.parametrize("commit", [1, 2, 7])
def test_a_gap_is_refused(stores: Stores, tenant: str, commit: int) -> None:
    stream = StreamId(tenant, "run", "r")

    with pytest.raises(VersionConflict):
        stores.events.append(History(stream, (), commit, commit, "0" * 64), [scheduled()], WHO)

    assert stores.events.read(stream).commit == 0


def test_a_gap_behind_an_existing_head_is_refused(stores: Stores, tenant: str) -> None:
    (first,) = grow(stores, StreamId(tenant, "run", "r"), 1)

    with pytest.raises(VersionConflict):
        stores.events.append(replace(behind(first), commit=2, version=2), [scheduled()], WHO)


@pytest.mark.parametrize("change", [{"head_hash": "0" * 64}, {"version": 9}])
def test_a_writer_whose_history_is_not_the_streams_is_refused(
    stores: Stores, tenant: str, change: dict[str, Any]
) -> None:
    (first,) = grow(stores, StreamId(tenant, "run", "r"), 1)

    with pytest.raises(VersionConflict):
        stores.events.append(replace(behind(first), **change), [scheduled()], WHO)


def test_a_commit_without_events_is_refused(stores: Stores, tenant: str) -> None:
    with pytest.raises(InvalidInput):
        stores.events.append(History(StreamId(tenant, "run", "r"), ()), [], WHO)


def test_data_that_are_not_json_write_nothing_of_the_batch(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")

    with pytest.raises(TypeError):
        stores.events.append(History(stream, ()), [scheduled(), scheduled(bad=object())], WHO)

    assert stores.events.read(stream).commit == 0


def test_of_sixteen_parallel_writers_exactly_one_wins_each_version(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")

    def write(writer: int) -> int:
        history = stores.events.read(stream)
        try:
            stores.events.append(history, [scheduled(f"w{writer}")], WHO)
        except VersionConflict:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        won = sum(sum(pool.map(write, range(16))) for _ in range(3))

    history = stores.events.read(stream)
    assert won == history.version == history.commit >= 3
    assert [event.version for event in history.events] == list(range(1, won + 1))
    assert verify_stream(stores.events, stream).intact


def test_reading_after_a_version_gives_what_follows_and_the_head(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    commits = grow(stores, stream, 60, events=2)

    for after in (0, 1, 2, 3, 57, 60, 118, 119, 120, 500):
        history = stores.events.read(stream, after=after)

        assert [event.version for event in history.events] == list(range(after + 1, 121)), f"after {after}"
        assert (history.version, history.commit, history.head_hash) == (120, 60, commits[-1].hash), f"after {after}"


def test_big_events_come_back_whole_and_the_chain_covers_them(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    # Hexadecimal noise: gzip only halves it, so it does not fit into an item.
    noise = "".join(hashlib.sha256(str(i).encode()).hexdigest() for i in range(30_000))

    stores.events.append(History(stream, ()), [scheduled("a"), scheduled("b", noise=noise)], WHO)
    history = stores.events.read(stream)

    assert history.events[1].data["noise"] == noise
    assert verify_stream(stores.events, stream).intact


def test_commits_are_chained_by_their_hashes(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    grow(stores, stream, 3)

    commits = list(stores.events.commits(stream))

    assert [commit.previous_hash for commit in commits] == ["", commits[0].hash, commits[1].hash]
    assert [hash_of(commit) for commit in commits] == [commit.hash for commit in commits]


def test_an_intact_stream_is_reported_with_its_seal(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    commits = grow(stores, stream, 3, events=2)

    report = verify_stream(stores.events, stream)

    assert report.intact
    assert (report.commits, report.events, report.head_hash) == (3, 6, commits[-1].hash)


def test_the_newest_snapshot_wins_and_schemas_are_apart(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    new = Snapshot(stream, 20, 10, 1, {"nodes": ["a"] * 1000}, NOW)
    stores.events.save_snapshot(new)

    stores.events.save_snapshot(replace(new, version=10, commit=5, state={}))
    stores.events.save_snapshot(replace(new, version=30, commit=15, schema=2, state={"v": 2}))

    assert stores.events.snapshot(stream, schema=1) == new
    assert stores.events.snapshot(stream, schema=2).state == {"v": 2}
    assert stores.events.snapshot(stream, schema=3) is None


def test_a_snapshot_larger_than_an_item_comes_back_whole(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    noise = "".join(hashlib.sha256(str(i).encode()).hexdigest() for i in range(30_000))

    stores.events.save_snapshot(Snapshot(stream, 1, 1, 1, {"noise": noise}, NOW))

    assert stores.events.snapshot(stream, schema=1).state == {"noise": noise}


def test_readers_cannot_change_history(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    grow(stores, stream, 1)

    stores.events.read(stream).events[0].data["node_id"] = "forged"

    assert stores.events.read(stream).events[0].data["node_id"] == "n0_0"


def test_streams_of_a_tenant_are_found_without_those_of_others(stores: Stores, tenant: str, stranger: str) -> None:
    for stream in (
        StreamId(tenant, "run", "a"),
        StreamId(tenant, "run", "b"),
        StreamId(tenant, "order", "c"),
        StreamId(stranger, "run", "d"),
    ):
        grow(stores, stream, 2)

    assert {stream.id for stream in stores.events.streams(tenant, "run")} == {"a", "b"}


def test_nothing_of_another_tenant_is_read(stores: Stores, tenant: str, stranger: str) -> None:
    mine, theirs = StreamId(tenant, "run", "r"), StreamId(stranger, "run", "r")
    grow(stores, mine, 1)
    stores.events.save_snapshot(Snapshot(mine, 1, 1, 1, {"mine": True}, NOW))

    assert stores.events.read(theirs).events == ()
    assert list(stores.events.commits(theirs)) == []
    assert list(stores.events.streams(stranger, "run")) == []
    assert stores.events.snapshot(theirs, schema=1) is None


def tamper(stores: Stores, stream: StreamId, number: int) -> None:
    if stores.kind == "memory":
        bodies = stores.events._streams[stream.key].bodies
        bodies[number - 1] = bodies[number - 1].replace(b"n1_0", b"nX_0")
        return
    key = {"pk": {"S": stream.key}, "sk": {"N": str(number)}}
    table, dynamo = stores.events.table, stores.clients("dynamodb")
    item = dynamo.get_item(TableName=table, Key=key)["Item"]
    item["body"] = {"B": pack(unpack(item["body"]["B"]).replace(b"n1_0", b"nX_0"))}
    dynamo.put_item(TableName=table, Item=item)


def test_tampering_with_a_commit_is_found(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    grow(stores, stream, 3)

    tamper(stores, stream, 2)

    assert [(finding.commit, finding.code) for finding in verify_stream(stores.events, stream).findings] == [
        (2, "hash_mismatch")
    ]


def test_a_missing_commit_is_found(stores: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    grow(stores, stream, 3)

    if stores.kind == "memory":
        kept = stores.events._streams[stream.key]
        del kept.bodies[1], kept.hashes[1], kept.last_versions[1]
    else:
        key = {"pk": {"S": stream.key}, "sk": {"N": "2"}}
        stores.clients("dynamodb").delete_item(TableName=stores.events.table, Key=key)

    codes = {finding.code for finding in verify_stream(stores.events, stream).findings}
    assert "version_gap" in codes


def test_a_changed_object_behind_a_reference_is_refused_and_found(aws: Stores, tenant: str) -> None:
    stream = StreamId(tenant, "run", "r")
    noise = "".join(hashlib.sha256(str(i).encode()).hexdigest() for i in range(30_000))
    aws.events.append(History(stream, ()), [scheduled("b", noise=noise)], WHO)
    s3 = aws.clients("s3")
    (found,) = s3.list_objects_v2(Bucket=aws.blobs.bucket, Prefix=f"{tenant}/events/")["Contents"]
    s3.put_object(Bucket=aws.blobs.bucket, Key=found["Key"], Body=b"{}")

    with pytest.raises(HeddleError) as caught:
        aws.events.read(stream)

    assert caught.value.code == "payload_corrupt"
    assert [finding.code for finding in verify_stream(aws.events, stream).findings] == ["unreadable"]
