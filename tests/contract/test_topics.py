"""What the log of a topic promises, whatever keeps it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from heddle.adapters.aws.topics import DynamoTopicLog
from heddle.application.ports.topics import APPEND_BYTES, FRAME_BYTES, Frame
from heddle.errors import InvalidInput, PayloadTooLarge, UpstreamUnavailable
from tests.contract.aws import Stores

AT = "2026-11-20T12:00:00+00:00"
TOPIC = "run:r1"


def token(text: str) -> tuple[str, dict[str, Any]]:
    return "token", {"text": text}


def texts(frames: tuple[Frame, ...]) -> list[str]:
    return [frame.data["text"] for frame in frames]


def test_frames_are_numbered_from_one_in_the_order_they_came(stores: Stores, tenant: str) -> None:
    first = stores.topics.append(tenant, TOPIC, [token("a"), token("b")], at=AT)
    second = stores.topics.append(tenant, TOPIC, [("done", {"usage": {"cost_usd": "0.1"}})], at="2026-11-20T12:00:01Z")

    assert (first, second) == (2, 3)
    assert stores.topics.read(tenant, TOPIC, after=0, limit=10) == (
        Frame(1, "token", {"text": "a"}, AT),
        Frame(2, "token", {"text": "b"}, AT),
        Frame(3, "done", {"usage": {"cost_usd": "0.1"}}, "2026-11-20T12:00:01Z"),
    )


def test_reading_begins_behind_any_number_and_ends_at_any(stores: Stores, tenant: str) -> None:
    written = [f"t{number}" for number in range(1, 13)]
    sizes = [3, 1, 4, 1, 3]
    for size in sizes:
        start = len(stores.topics.read(tenant, TOPIC, after=0, limit=100))
        stores.topics.append(tenant, TOPIC, [token(text) for text in written[start : start + size]], at=AT)

    for after in range(14):
        for limit in (1, 2, 5, 100):
            found = stores.topics.read(tenant, TOPIC, after=after, limit=limit)

            assert texts(found) == written[after : after + limit], (after, limit)
            assert [frame.seq for frame in found] == list(range(after + 1, after + 1 + len(found)))


def test_a_topic_that_nobody_wrote_to_is_empty(stores: Stores, tenant: str) -> None:
    assert stores.topics.read(tenant, "run:none", after=0, limit=10) == ()
    assert stores.topics.read(tenant, "run:none", after=99, limit=10) == ()


def test_what_was_read_can_be_changed_without_changing_the_log(stores: Stores, tenant: str) -> None:
    data: dict[str, Any] = {"text": "a", "usage": {"n": 1}}
    stores.topics.append(tenant, TOPIC, [("done", data)], at=AT)
    data["text"] = "changed by the writer"

    stores.topics.read(tenant, TOPIC, after=0, limit=1)[0].data["usage"]["n"] = 2

    assert stores.topics.read(tenant, TOPIC, after=0, limit=1)[0].data == {"text": "a", "usage": {"n": 1}}


def test_topics_and_tenants_have_numbers_and_frames_of_their_own(stores: Stores, tenant: str, stranger: str) -> None:
    for who, topic in ((tenant, TOPIC), (tenant, "run:r10"), (stranger, TOPIC)):
        assert stores.topics.append(who, topic, [token(f"{who} {topic}")], at=AT) == 1

    assert texts(stores.topics.read(tenant, TOPIC, after=0, limit=10)) == [f"{tenant} {TOPIC}"]
    assert texts(stores.topics.read(stranger, TOPIC, after=0, limit=10)) == [f"{stranger} {TOPIC}"]
    assert stores.topics.read(stranger, "run:r10", after=0, limit=10) == ()


def test_writers_side_by_side_leave_no_gap_and_stay_together(stores: Stores, tenant: str) -> None:
    logs = [stores.topics if stores.kind == "memory" else replace(stores.topics, _heads=_heads()) for _ in range(6)]

    def write(writer: int) -> list[int]:
        sizes = [1, 3, 2, 1, 4]
        return [
            logs[writer].append(tenant, TOPIC, [token(f"{writer}.{call}.{n}") for n in range(size)], at=AT)
            for call, size in enumerate(sizes)
        ]

    with ThreadPoolExecutor(6) as pool:
        ends = [end for answer in pool.map(write, range(6)) for end in answer]

    frames = stores.topics.read(tenant, TOPIC, after=0, limit=1000)
    assert [frame.seq for frame in frames] == list(range(1, 67))
    assert sorted(ends)[-1] == 66
    assert len(set(ends)) == 30
    for before, frame in pairwise(frames):
        writer, call, number = frame.data["text"].split(".")
        assert number == "0" or before.data["text"] == f"{writer}.{call}.{int(number) - 1}"
    for writer in range(6):
        own = [text for text in texts(frames) if text.startswith(f"{writer}.")]
        assert own == sorted(own), "the frames of one writer are in its order"


def test_threads_that_share_an_adapter_leave_no_gap(stores: Stores, tenant: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda n: stores.topics.append(tenant, TOPIC, [token(str(n))], at=AT), range(24)))

    assert sorted(ends) == list(range(1, 25))
    assert [frame.seq for frame in stores.topics.read(tenant, TOPIC, after=0, limit=100)] == list(range(1, 25))


def test_many_long_frames_of_one_call_are_kept_together(stores: Stores, tenant: str) -> None:
    # Texts that do not compress: what counts is what they are, not what they become.
    frames = [
        token(f"{number}" + "".join(chr(0x4E00 + (i * number) % 20000) for i in range(60_000)))
        for number in range(1, 12)
    ]

    last = stores.topics.append(tenant, TOPIC, frames, at=AT)
    after = stores.topics.append(tenant, TOPIC, [token("end")], at=AT)

    assert (last, after) == (11, 12)
    assert texts(stores.topics.read(tenant, TOPIC, after=0, limit=100)) == [data["text"] for _, data in frames] + [
        "end"
    ]
    assert texts(stores.topics.read(tenant, TOPIC, after=10, limit=1)) == [frames[10][1]["text"]]


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        ([], InvalidInput),
        ([token("fits"), token("x" * FRAME_BYTES)], PayloadTooLarge),
        ([token("x" * (FRAME_BYTES - 100))] * (APPEND_BYTES // (FRAME_BYTES - 100) + 1), PayloadTooLarge),
    ],
)
def test_what_is_too_long_is_refused_whole(stores: Stores, tenant: str, frames: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        stores.topics.append(tenant, TOPIC, frames, at=AT)

    assert stores.topics.read(tenant, TOPIC, after=0, limit=10) == ()


def test_a_tenant_whose_name_could_be_read_as_anothers_is_refused(aws: Stores) -> None:
    with pytest.raises(InvalidInput):
        aws.topics.append("acme#topic", TOPIC, [token("x")], at=AT)


def test_memory_forgets_a_topic_a_day_after_its_newest_frame(tenant: str) -> None:
    from tests.contract.aws import memory_stores

    log = memory_stores().topics
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for topic, hours in (("run:old", 0), ("run:kept", 1), ("run:old", 2), ("run:kept", 20), ("run:new", 26.5)):
        log.append(tenant, topic, [token(topic)], at=(start + timedelta(hours=hours)).isoformat())

    assert log.read(tenant, "run:old", after=0, limit=10) == ()
    assert len(log.read(tenant, "run:kept", after=0, limit=10)) == 2


# --- DynamoDB alone


class Watched:
    """A client that counts calls, and loses the answers of those puts that it is told to."""

    def __init__(self, client: Any, lose: int = 0) -> None:
        self.client, self.lose, self.calls = client, lose, list[str]()

    def put_item(self, **arguments: Any) -> Any:
        self.calls.append("put")
        answer = self.client.put_item(**arguments)
        if self.lose:
            # botocore sends a request again by itself when its answer does not come.
            self.lose -= 1
            return self.client.put_item(**arguments)
        return answer

    def query(self, **arguments: Any) -> Any:
        self.calls.append("query")
        return self.client.query(**arguments)

    def transact_write_items(self, **arguments: Any) -> Any:
        self.calls.append("transaction")
        return self.client.transact_write_items(**arguments)


def watched(aws: Stores, lose: int = 0) -> tuple[DynamoTopicLog, Watched]:
    client = Watched(aws.clients("dynamodb"), lose)
    return DynamoTopicLog(client, aws.topics.table), client  # type: ignore[arg-type]


def test_a_writer_alone_writes_once_per_append_and_reads_only_at_its_start(aws: Stores, tenant: str) -> None:
    log, client = watched(aws)

    for text in "abcd":
        log.append(tenant, TOPIC, [token(text)], at=AT)

    assert client.calls == ["query", "put", "put", "put", "put"]


def test_a_writer_that_was_overtaken_asks_for_the_newest_number(aws: Stores, tenant: str) -> None:
    (log, client), (other, _) = watched(aws), watched(aws)
    log.append(tenant, TOPIC, [token("a")], at=AT)
    for text in "bcd":
        other.append(tenant, TOPIC, [token(text)], at=AT)
    client.calls.clear()

    assert log.append(tenant, TOPIC, [token("e")], at=AT) == 5
    assert client.calls == ["put", "query", "put"]


def test_a_write_whose_answer_was_lost_is_not_written_twice(aws: Stores, tenant: str) -> None:
    log, _ = watched(aws, lose=2)

    ends = [log.append(tenant, TOPIC, [token(text)], at=AT) for text in "abc"]

    assert ends == [1, 2, 3]
    assert texts(log.read(tenant, TOPIC, after=0, limit=10)) == ["a", "b", "c"]


def test_waiting_for_the_next_frame_reads_one_item(aws: Stores, tenant: str) -> None:
    log, client = watched(aws)
    for text in "abc":
        log.append(tenant, TOPIC, [token(text)], at=AT)
    client.calls.clear()

    assert log.read(tenant, TOPIC, after=3, limit=100) == ()
    assert texts(log.read(tenant, TOPIC, after=2, limit=100)) == ["c"]
    assert client.calls == ["query", "query"]


def test_a_remembered_number_is_not_trusted_for_ever(aws: Stores, tenant: str) -> None:
    log, client = watched(aws)
    log.append(tenant, TOPIC, [token("a")], at=AT)
    client.calls.clear()

    log.append(tenant, TOPIC, [token("b")], at="2026-11-20T13:30:00+00:00")

    assert client.calls == ["query", "put"]


def test_after_a_failure_the_newest_number_is_asked_for(aws: Stores, tenant: str) -> None:
    log, client = watched(aws)
    log.append(tenant, TOPIC, [token("a")], at=AT)
    broken = replace(log, table="no-such-table")
    with pytest.raises(Exception, match="ResourceNotFound"):
        broken.append(tenant, TOPIC, [token("lost")], at=AT)
    client.calls.clear()

    assert log.append(tenant, TOPIC, [token("b")], at=AT) == 2
    assert client.calls == ["query", "put"], "the two share what they know"


def test_a_topic_that_others_never_let_go_is_given_up(aws: Stores, tenant: str) -> None:
    class Overtaken(Watched):
        def put_item(self, **arguments: Any) -> Any:
            other = {**arguments["Item"], "writer": {"S": "other"}}
            self.client.put_item(TableName=arguments["TableName"], Item=other)
            return super().put_item(**arguments)

    client = Overtaken(aws.clients("dynamodb"))
    pauses: list[float] = []
    log = DynamoTopicLog(client, aws.topics.table, pauses.append)  # type: ignore[arg-type]

    with pytest.raises(UpstreamUnavailable, match="too many writers"):
        log.append(tenant, TOPIC, [token("a")], at=AT)

    assert all(0 < pause < 0.05 for pause in pauses)


def test_items_end_after_a_day(aws: Stores, tenant: str) -> None:
    aws.topics.append(tenant, TOPIC, [token("a")], at=AT)

    key = {"pk": {"S": f"{tenant}#topic#{TOPIC}"}, "sk": {"N": "1"}}
    item = aws.clients("dynamodb").get_item(TableName=aws.topics.table, Key=key)["Item"]

    assert int(item["expires_at"]["N"]) == datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


def _heads() -> Any:
    from collections import OrderedDict

    return OrderedDict()
