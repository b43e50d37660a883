"""The adapters of a function, made from its environment."""

from collections.abc import Iterator

import pytest

from heddle.domain.nodes.spec import NodeTask
from heddle.runtime import clients
from heddle.runtime.stores import Stores, StoreSettings
from tests.contract.aws import BUCKET, CATALOG, EVENTS, REALTIME, RUNS, moto_clients


@pytest.fixture
def stores() -> Iterator[Stores]:
    settings = StoreSettings(
        event_table=EVENTS, catalog_table=CATALOG, runs_table=RUNS, payload_bucket=BUCKET, realtime_table=REALTIME
    )
    with moto_clients():
        clients.client.cache_clear()
        yield Stores(settings)
    clients.client.cache_clear()


def task(*, live: bool) -> NodeTask:
    return NodeTask("acme", "r1", "write", 1, "llm", {}, 60.0, "key", "corr", live=live)


def test_a_live_attempt_writes_to_the_topic_of_its_run(stores: Stores) -> None:
    stream = stores.live_output(task(live=True))

    assert stream is not None
    stream.text("Hello")
    frames = stores.topics.read("acme", "run:r1", after=0, limit=10)
    assert [frame.data["text"] for frame in frames] == ["Hello"]


def test_an_attempt_that_is_not_live_makes_no_client(stores: Stores) -> None:
    assert stores.live_output(task(live=False)) is None
    assert clients.client.cache_info().currsize == 0


def test_live_output_gives_up_sooner_than_anything_else(stores: Stores) -> None:
    hasty, patient = clients.client("dynamodb", hasty=True).meta.config, clients.client("dynamodb").meta.config

    assert stores.topics.client is clients.client("dynamodb", hasty=True)  # type: ignore[attr-defined]
    assert hasty.read_timeout < patient.read_timeout
    assert hasty.retries["total_max_attempts"] < patient.retries["total_max_attempts"]
