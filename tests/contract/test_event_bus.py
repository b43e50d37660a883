"""What every EventBus promises."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from heddle.domain.events.chain import event_from_envelope
from heddle.domain.events.envelope import Event, Metadata, StreamId
from tests.contract.aws import Stores
from tests.contract.benches import BusBench

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def event(version: int, tenant: str = "acme", kind: str = "NodeScheduled", **data: Any) -> Event:
    who = Metadata("c-1", "e-0", "user:ada", "tests")
    return Event(f"e{version}", StreamId(tenant, "run", "r"), version, kind, 1, data, who, NOW)


def test_a_published_event_arrives_whole(bus: BusBench) -> None:
    sent = event(1, kind="NodeCompleted", output={"deep": [1, 2.5, None, True, "ü"]})

    assert bus.bus.publish([sent]) == []

    assert [event_from_envelope(each) for each in bus.arrived(1)] == [sent]


def test_what_the_commit_took_travels_with_the_event(bus: BusBench) -> None:
    meter = {"invocations": 1, "events": 3, "bytes": 512}

    assert bus.bus.publish([event(1), replace(event(2), meter=meter)]) == []

    arrived = [event_from_envelope(each).meter for each in bus.arrived(2)]
    assert sorted(arrived, key=str) == sorted([None, meter], key=str)


def test_more_events_than_a_call_takes_arrive_all(bus: BusBench) -> None:
    assert bus.bus.publish([event(version) for version in range(1, 36)]) == []

    assert sorted(each["version"] for each in bus.arrived(35)) == list(range(1, 36))


def test_publishing_nothing_is_fine(bus: BusBench) -> None:
    assert bus.bus.publish([]) == []


def test_a_bus_that_takes_nothing_gives_each_event_back_with_a_reason(bus: BusBench) -> None:
    sent = [event(version) for version in range(1, 13)]

    refused = bus.down.publish(sent)

    assert [each for each, _ in refused] == sent
    assert all(reason for _, reason in refused)


def test_data_too_large_for_the_bus_arrive_as_a_reference(aws_bus: BusBench, aws: Stores, tenant: str) -> None:
    assert aws_bus.bus.publish([event(1, tenant, text="x" * 300_000)]) == []

    (arrived,) = aws_bus.arrived(1)
    assert aws.blobs.get(tenant, arrived["data"]["$ref"]["key"]) == b'{"text":"' + b"x" * 300_000 + b'"}'
