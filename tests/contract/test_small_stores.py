"""What slots, callbacks, claims, caches, idempotency keys, blobs and API keys promise, whatever keeps them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from heddle.application.identity.ports import ApiKey
from heddle.application.ports.callbacks import Callback
from heddle.errors import Conflict, IdempotencyMismatch, InvalidInput, NotFound
from tests.contract.aws import Stores

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


# --- slots


def test_slots_that_are_held_are_counted_per_tenant(stores: Stores, tenant: str, stranger: str) -> None:
    before = stores.slots.held(tenant)
    for run_id in ("a", "b", "b"):
        stores.slots.acquire(tenant, run_id, limit=5)
    stores.slots.release(tenant, "a")

    assert (before, stores.slots.held(tenant), stores.slots.held(stranger)) == (0, 1, 0)


def test_only_so_many_runs_hold_a_slot(stores: Stores, tenant: str, stranger: str) -> None:
    taken = [stores.slots.acquire(tenant, run_id, limit=2) for run_id in ("a", "b", "c", "a")]

    assert taken == [True, True, False, True]
    assert stores.slots.acquire(stranger, "x", limit=2), "another tenant has slots of its own"


def test_giving_a_slot_back_twice_frees_one(stores: Stores, tenant: str) -> None:
    for run_id in ("a", "b"):
        stores.slots.acquire(tenant, run_id, limit=2)

    for run_id in ("a", "a", "never taken"):
        stores.slots.release(tenant, run_id)

    assert [stores.slots.acquire(tenant, run_id, limit=2) for run_id in ("c", "d")] == [True, False]


def test_parallel_runs_never_exceed_the_limit(stores: Stores, tenant: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda run: stores.slots.acquire(tenant, f"r{run}", limit=5), range(16)))

    assert sum(taken) == 5


def test_parked_runs_come_in_the_order_of_waiting(stores: Stores, tenant: str, stranger: str) -> None:
    for run_id, at in (("b", "2026-11-20T12:00:02"), ("a", "2026-11-20T12:00:03"), ("c", "2026-11-20T12:00:01")):
        stores.slots.park(tenant, run_id, at=at, message={"run": {"id": run_id}})
    stores.slots.park(tenant, "c", at="2026-11-20T12:00:09", message={"run": {"id": "c"}, "again": True})

    order = []
    while (message := stores.slots.next_parked(tenant)) is not None:
        assert stores.slots.next_parked(tenant) == message, "stays in line until it is taken out"
        order.append(message["run"]["id"])
        stores.slots.unpark(tenant, message["run"]["id"])
        stores.slots.unpark(tenant, message["run"]["id"])

    assert order == ["c", "b", "a"]
    assert stores.slots.next_parked(stranger) is None


# --- callbacks


def callback(tenant: str, node: str = "n", second: int = 0, **values: object) -> Callback:
    base = Callback(tenant, "r", node, 1, "approval", "token-1", f"2026-11-20T12:00:{second:02d}", None, {"title": "?"})
    return replace(base, **values)  # type: ignore[arg-type]


def test_a_waiting_node_is_kept_until_it_is_deleted(stores: Stores, tenant: str) -> None:
    stores.callbacks.put(callback(tenant))
    stores.callbacks.put(callback(tenant, token="token-2", expires_at="2026-11-21"))

    assert stores.callbacks.get(tenant, "r", "n") == callback(tenant, token="token-2", expires_at="2026-11-21")
    stores.callbacks.delete(tenant, "r", "n")
    stores.callbacks.delete(tenant, "r", "n")
    assert stores.callbacks.get(tenant, "r", "n") is None


def test_waiting_nodes_are_listed_oldest_first_by_kind(stores: Stores, tenant: str) -> None:
    for second in (3, 1, 2):
        stores.callbacks.put(callback(tenant, f"n{second}", second))
    stores.callbacks.put(callback(tenant, "child", kind="workflow"))

    first = stores.callbacks.list(tenant, kind="approval", limit=2)
    rest = stores.callbacks.list(tenant, kind="approval", limit=2, cursor=first.cursor)

    assert [row.node_id for row in first.items + rest.items] == ["n1", "n2", "n3"]
    assert rest.cursor is None


def test_nobody_sees_another_tenants_waiting_nodes(stores: Stores, tenant: str, stranger: str) -> None:
    for node in ("a", "b"):
        stores.callbacks.put(callback(tenant, node))
    cursor = stores.callbacks.list(tenant, kind="approval", limit=1).cursor

    assert stores.callbacks.get(stranger, "r", "a") is None
    assert stores.callbacks.list(stranger, kind="approval", limit=5).items == ()
    stores.callbacks.delete(stranger, "r", "a")
    assert stores.callbacks.get(tenant, "r", "a") is not None
    with pytest.raises(InvalidInput):
        stores.callbacks.list(stranger, kind="approval", limit=1, cursor=cursor)


# --- claims


def test_the_first_owner_keeps_the_claim(stores: Stores, tenant: str, stranger: str) -> None:
    def claim(who: str, owner: str) -> str:
        answer: str = stores.claims.claim(who, "r", "n#1#0", owner=owner, at="t")
        return answer

    assert [claim(tenant, owner) for owner in ("a", "b", "a")] == ["a", "a", "a"]
    assert claim(stranger, "b") == "b"


def test_of_parallel_claims_one_wins(stores: Stores, tenant: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        holders = list(
            pool.map(lambda who: stores.claims.claim(tenant, "r", "n#1", owner=f"o{who}", at="t"), range(16))
        )

    assert len(set(holders)) == 1


# --- cache


def test_a_cached_output_is_there_until_its_moment(stores: Stores, tenant: str, stranger: str) -> None:
    until = NOW + timedelta(seconds=10)
    stores.cache.put(tenant, "k", {"output": {"a": [1, None]}}, expires_at=until)

    assert stores.cache.get(tenant, "k", now=until - timedelta(milliseconds=1)) == {"output": {"a": [1, None]}}
    assert stores.cache.get(tenant, "k", now=until) is None
    assert stores.cache.get(tenant, "other", now=NOW) is None
    assert stores.cache.get(stranger, "k", now=NOW) is None


# --- idempotency


def test_a_key_stands_for_its_first_run_for_24_hours(stores: Stores, tenant: str, stranger: str) -> None:
    def claim(who: str, run_id: str, hours: float, body: str = "h") -> str:
        at = NOW + timedelta(hours=hours)
        answer: str = stores.idempotency.claim(who, "key #1", body_hash=body, run_id=run_id, now=at)
        return answer

    assert claim(tenant, "r1", 0) == "r1"
    assert claim(tenant, "r2", 23.9) == "r1"
    assert claim(stranger, "r3", 0, "x") == "r3"
    with pytest.raises(IdempotencyMismatch):
        claim(tenant, "r4", 1, "another body")
    assert claim(tenant, "r5", 24, "another body") == "r5"


# --- blobs


def test_bytes_come_back_under_a_key_that_names_their_content(stores: Stores, tenant: str) -> None:
    first = stores.blobs.put(tenant, b"\x00data", media_type="text/plain")
    second = stores.blobs.put(tenant, b"\x00data", media_type="text/plain")

    assert first == second
    assert first.key == f"{tenant}/payloads/{first.sha256}"
    assert stores.blobs.get(tenant, first.key) == b"\x00data"
    info = stores.blobs.stat(tenant, first.key)
    assert (info.bytes, info.media_type) == (5, "text/plain")


def test_an_absent_blob_is_not_found(stores: Stores, tenant: str) -> None:
    with pytest.raises(NotFound):
        stores.blobs.get(tenant, f"{tenant}/payloads/none")
    assert stores.blobs.stat(tenant, f"{tenant}/payloads/none") is None


def test_a_key_of_another_tenant_is_not_found(stores: Stores, tenant: str, stranger: str) -> None:
    ref = stores.blobs.put(stranger, b"secret", media_type="text/plain")

    for key in (ref.key, f"{tenant}/../{ref.key}"):
        with pytest.raises(NotFound):
            stores.blobs.get(tenant, key)
        assert stores.blobs.stat(tenant, key) is None


def test_an_upload_lies_below_the_tenants_prefix(stores: Stores, tenant: str) -> None:
    upload = stores.blobs.upload_url(tenant, "../../other/report.pdf", "application/pdf", 1000)

    assert upload.object.startswith(f"{tenant}/uploads/") and upload.object.endswith("/report.pdf")
    assert upload.headers["Content-Type"] == "application/pdf"


def test_an_upload_is_signed_the_new_way_and_bound_to_its_media_type(aws: Stores, tenant: str) -> None:
    upload = aws.blobs.upload_url(tenant, "report.pdf", "application/pdf", 1000)

    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in upload.url
    assert "content-type" in upload.url


# --- API keys


def api_key(tenant: str, ident: str, second: int = 0) -> ApiKey:
    at = NOW + timedelta(seconds=second)
    return ApiKey(f"{tenant}-{ident}", tenant, "ci", "00" * 32, "editor", ("runs",), at, "user:ada", NOW)


def test_api_keys_are_found_by_id_and_listed_by_tenant(stores: Stores, tenant: str, stranger: str) -> None:
    for second, ident in enumerate(("a", "b", "c")):
        stores.api_keys.put(api_key(tenant, ident, second))

    first = stores.api_keys.keys(tenant, limit=2)
    rest = stores.api_keys.keys(tenant, limit=2, cursor=first.cursor)

    assert stores.api_keys.get(f"{tenant}-a") == api_key(tenant, "a")
    assert [key.id[-1] for key in first.items + rest.items] == ["c", "b", "a"]
    assert stores.api_keys.keys(stranger, limit=5).items == ()
    with pytest.raises(Conflict):
        stores.api_keys.put(api_key(tenant, "a"))


def test_an_api_key_is_revoked_once_and_by_its_tenant_only(stores: Stores, tenant: str, stranger: str) -> None:
    key = api_key(tenant, "a")
    stores.api_keys.put(key)

    with pytest.raises(NotFound):
        stores.api_keys.revoke(stranger, key.id, at=NOW)
    stores.api_keys.revoke(tenant, key.id, at=NOW)
    stores.api_keys.revoke(tenant, key.id, at=NOW + timedelta(hours=1))

    assert stores.api_keys.get(key.id) == replace(key, revoked_at=NOW)


@pytest.mark.parametrize("name", ["", "a#b", "a/b"])
def test_a_tenant_whose_name_could_be_taken_for_anothers_key_is_refused_by_aws(aws: Stores, name: str) -> None:
    with pytest.raises(InvalidInput):
        aws.runs.run(name, "r")
    with pytest.raises(InvalidInput):
        aws.blobs.put(name, b"", media_type="text/plain")
