"""Batches on the real stage: many items, some bad, followed over the WebSocket."""

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heddle_sdk import Client
from heddle_sdk.errors import ApiError, NotFound
from heddle_sdk.realtime import SocketError
from heddle_sdk.webhooks import verify
from tests.local.backstage import Backstage, Neighbour, neighbour
from tests.local.conftest import Cli, wait_until
from tests.local.tenants import Tenant
from tests.support.upstream import Upstream

BAD = {7: "", 50: '{"loom": ', 99: "{"}


def text(number: int) -> dict[str, Any]:
    """Return an item: a short text, or one of three that cannot be read."""
    if number in BAD:
        return {"name": f"bad {number}", "content": BAD[number], "content_type": "json"}
    return {"name": f"text {number}", "content": f"Loom {number} weaves cloth from yarn. It is a good machine."}


@pytest.fixture
def batches(tenant: Tenant) -> Any:
    return tenant.client.batches


def test_a_hundred_items_with_three_bad_ones_end_partially_completed_with_reasons(batches: Any, tenant: Tenant) -> None:
    batch = batches.submit("analyze", items=[text(number) for number in range(1, 101)], name="looms")

    with tenant.client.realtime() as live:
        frames = list(batches.follow(batch.id, live))
    done = batches.get(batch.id)

    assert (batch.status, batch.total) == ("pending", None)
    assert (done.status, done.total, done.succeeded, done.failed) == ("partially_completed", 100, 97, 3)
    failed = {item.position: item.error["code"] for item in batches.items(batch.id, status="failed")}
    assert failed == {7: "document_empty", 50: "document_corrupt", 99: "document_corrupt"}
    percents = [frame.data["progress_percent"] for frame in frames if frame.event == "batch.progress"]
    assert percents[0] == 0 and len(percents) > 10
    assert [frame.event for frame in frames].count("batch.item_failed") == 3
    assert frames[-1].event == "batch.partially_completed"
    assert [item.status for item in batches.items(batch.id)].count("succeeded") == 97
    result = batches.item(batch.id, 1).result
    assert result["language"]["code"] == "en" and result["text"].startswith("Loom 1 weaves")


def test_paused_it_rests_resumed_it_goes_on_and_cancelled_it_ends(batches: Any) -> None:
    batch = batches.submit("analyze", items=[text(1)] * 400, max_parallel=2)
    wait_until(lambda: batches.get(batch.id).succeeded > 4, 60, "some items are done")

    batches.pause(batch.id)
    resting = wait_until(lambda: not (b := batches.get(batch.id)).in_flight and b, 30, "what was under way has ended")
    batches.resume(batch.id)
    wait_until(lambda: batches.get(batch.id).succeeded > resting.succeeded, 30, "it goes on")
    batches.cancel(batch.id)
    done = batches.wait(batch.id, 60)

    assert (resting.status, done.status) == ("paused", "cancelled")
    assert done.succeeded + done.skipped == 400 and done.skipped > 0
    with pytest.raises(ApiError) as caught:
        batches.pause(batch.id)
    assert (caught.value.status, caught.value.code) == (409, "batch_ended")
    batches.delete(batch.id)
    with pytest.raises(NotFound):
        batches.get(batch.id)


def test_a_folder_of_uploads_becomes_documents(batches: Any, tenant: Tenant) -> None:
    folder, word = f"archive/{secrets.token_hex(4)}", f"w{secrets.token_hex(4)}"
    for number in range(3):
        data = f"# Loom {number}\n\nThe {word} of loom {number} is threaded.".encode()
        tenant.client.uploads.bytes(data, f"{number}.md", folder=folder)
    tenant.client.uploads.bytes(b"{", "broken.json", folder=folder)

    batch = batches.submit("ingest", prefix=folder, document={"tags": [word]})
    done = batches.wait(batch.id, 120)

    assert (done.status, done.succeeded, done.failed) == ("partially_completed", 3, 1)
    items = {item.name: item for item in batches.items(batch.id)}
    assert sorted(items) == ["0.md", "1.md", "2.md", "broken.json"]
    assert items["broken.json"].error["code"] == "document_corrupt"
    documents = {item.summary["document"] for item in items.values() if item.summary}
    assert {
        document.id for document in tenant.client.documents.list(tag=word) if document.status == "ready"
    } == documents
    assert len(list(tenant.client.documents.search(word, mode="words"))) == 3


def test_addresses_are_fetched_when_their_turn_has_come_and_never_inside(batches: Any, upstream: Upstream) -> None:
    word = f"w{secrets.token_hex(4)}"
    urls = [
        f"{upstream.url}/echo/{word}",
        f"{upstream.url}/flaky/1/{word}",
        f"{upstream.url}/status/404",
        "http://169.254.169.254/latest/meta-data/",
    ]

    done = batches.wait(batches.submit("analyze", urls=urls).id, 60)

    assert (done.status, done.succeeded, done.failed) == ("partially_completed", 2, 2)
    items = list(batches.items(done.id))
    assert [(item.error or {}).get("code") for item in items] == [
        None,
        None,
        "document_not_found",
        "http_blocked_address",
    ]
    assert items[1].attempts == 2


@pytest.fixture
def receiver(backstage: Backstage) -> Iterator[Neighbour]:
    with (
        neighbour() as server,
        backstage.environment("api/rest", "webhooks/deliver", HTTP_ALLOWED_HOSTS=server.address),
    ):
        yield server


def test_its_end_is_told_to_its_webhook_signed_and_once(batches: Any, tenant: Tenant, receiver: Neighbour) -> None:
    path = f"/echo/{secrets.token_hex(4)}"

    batch = batches.submit("analyze", items=[text(1), text(7), text(2)], webhook_url=receiver.url(path))
    receiver.asked(path)

    headers, body = receiver.headers(path), receiver.bodies[path]
    told = json.loads(body)
    assert verify(headers, body, tenant.client.webhooks.secret().secret, now=time.time())
    assert (told["type"], headers["webhook-id"]) == ("batch.partially_completed", f"{batch.id}-ended")
    assert (told["data"]["id"], told["data"]["succeeded"], told["data"]["failed"]) == (batch.id, 2, 1)
    assert batches.wait(batch.id, 10).status == "partially_completed"
    assert receiver.count(path) == 1


def test_another_tenant_sees_nothing(batches: Any, client: Client) -> None:
    batch = batches.submit("analyze", items=[text(1)])

    assert batch.id not in [each.id for each in client.batches.list()]
    for attempt in (client.batches.get, client.batches.pause, client.batches.cancel, client.batches.delete):
        with pytest.raises(NotFound):
            attempt(batch.id)
    with client.realtime() as live, pytest.raises(SocketError) as caught:
        live.subscribe(f"batch:{batch.id}")
    assert caught.value.code == "batch_not_found"
    assert batches.wait(batch.id, 60).status == "completed"


def test_by_command_as_a_user_types_it(heddle: Cli, tmp_path: Path) -> None:
    good, bad = tmp_path / "loom.md", tmp_path / "bad.json"
    good.write_text("# Looms\n\nA loom weaves cloth.\n")
    bad.write_text("{")

    submitted = heddle.json("batch", "submit", str(good), str(bad), "--name", "two")
    followed = heddle("batch", "follow", submitted["id"]).stdout
    shown = heddle("batch", "items", submitted["id"], "--status", "failed").stdout

    assert "bad.json" in followed and "partially completed" in followed
    assert "document_corrupt" in shown
    assert heddle.json("batch", "show", submitted["id"])["failed"] == 1
    assert submitted["id"] in heddle("batch", "list").stdout
