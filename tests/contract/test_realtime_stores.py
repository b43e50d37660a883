"""What the stores of connections, sessions and subscriptions promise, whatever keeps them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from heddle.adapters.aws import subscriptions as on_aws
from heddle.adapters.memory import realtime as in_memory
from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import Connection, Mark, Member, Owed, Session, SessionStore
from heddle.domain.realtime.frames import RateLimited
from heddle.errors import Conflict, NotFound
from tests.contract.aws import Stores

NOON = 1_767_268_800


def connection(tenant: str, number: int = 1, user: str = "ada", **changes: Any) -> Connection:
    principal = Principal(tenant, f"user:{user}", ("editor",), ("*",), user, NOON + 3600)
    made = Connection(
        f"{tenant}-{user}-{number}=", principal, f"s{number}", NOON, NOON + 3000, NOON, {"platform": "web"}
    )
    return replace(made, **changes)


def test_a_connection_is_found_by_its_id_and_by_its_user(stores: Stores, tenant: str, stranger: str) -> None:
    ours, theirs = connection(tenant), connection(stranger)
    for each in (ours, theirs):
        stores.connections.add(each, per_user=5, per_tenant=5)

    assert stores.connections.get(ours.id) == ours
    assert list(stores.connections.of_user(tenant, "ada")) == [ours]
    assert list(stores.connections.of_user(tenant, "bob")) == []
    assert stores.connections.get("nobody") is None


def test_a_change_is_kept_and_one_of_a_closed_connection_is_not(stores: Stores, tenant: str) -> None:
    ours = connection(tenant)
    stores.connections.add(ours, per_user=5, per_tenant=5)
    later = replace(ours, seen_at=NOON + 60)

    assert stores.connections.change(later)
    assert stores.connections.get(ours.id) == later
    assert list(stores.connections.of_user(tenant, "ada")) == [later]
    assert stores.connections.remove(ours.id)
    assert not stores.connections.remove(ours.id)
    assert not stores.connections.change(ours)
    assert stores.connections.get(ours.id) is None
    assert list(stores.connections.of_user(tenant, "ada")) == []


def test_connections_are_limited_by_user_and_by_tenant(stores: Stores, tenant: str, stranger: str) -> None:
    def add(number: int, user: str, of: str = tenant) -> None:
        stores.connections.add(connection(of, number, user), per_user=2, per_tenant=3)

    add(1, "ada")
    add(2, "ada")
    with pytest.raises(RateLimited, match="user") as refused:
        add(3, "ada")
    add(1, "bob")
    with pytest.raises(RateLimited, match="tenant"):
        add(1, "cleo")
    add(1, "cleo", stranger)
    assert (stores.connections.count(tenant), stores.connections.count(stranger)) == (3, 1)
    stores.connections.remove(connection(tenant, 1).id)
    assert stores.connections.count(tenant) == 2
    add(1, "cleo")

    assert refused.value.code == "too_many_connections"


def test_connections_fall_due_when_their_time_is_over_or_they_were_silent(stores: Stores, tenant: str) -> None:
    short = connection(tenant, 1, closes_at=NOON + 10)
    silent = connection(tenant, 2, seen_at=NOON - 145)
    lively = connection(tenant, 3)
    for each in (short, silent, lively):
        stores.connections.add(each, per_user=9, per_tenant=9)

    def due(at: int) -> set[str]:
        return {each.id for each in stores.connections.due(at, limit=1000) if each.tenant == tenant}

    assert due(NOON) == set()
    assert due(NOON + 6) == {silent.id}
    assert due(NOON + 10) == {short.id, silent.id}


def test_whose_credential_ends_falls_due_early_once(stores: Stores, tenant: str) -> None:
    ours = connection(tenant, closes_at=NOON + 3600, seen_at=NOON + 3600)
    stores.connections.add(ours, per_user=9, per_tenant=9)

    def due(at: int) -> list[Connection]:
        return [each for each in stores.connections.due(at, limit=1000) if each.tenant == tenant]

    assert (due(NOON + 3299), due(NOON + 3300)) == ([], [ours])
    stores.connections.change(replace(ours, warned=True))
    assert (due(NOON + 3599), due(NOON + 3600)) == ([], [replace(ours, warned=True)])


def resume(sessions: SessionStore, tenant: str, secret: str, new: str, connection_id: str, **other: Any) -> Session:
    """Resume s1 of ada, at noon."""
    wanted: dict[str, Any] = {"user": "ada", "at": NOON, "ends_at": NOON + 9000} | other
    return sessions.resume(tenant, "s1", secret=secret, new_secret=new, connection_id=connection_id, **wanted)


def test_a_session_is_resumed_once_by_whoever_has_its_secret(stores: Stores, tenant: str, stranger: str) -> None:
    sessions, marks = stores.sessions, {"run:r1": Mark(7, NOON), "news.*": Mark(0), "late": Mark(3)}
    sessions.put(Session("s1", tenant, "ada", "old", "c1", {}, NOON + 10))
    sessions.cut(tenant, "s1", "c1", marks, ends_at=NOON + 600)
    sessions.cut(tenant, "s1", "c1", {"late": Mark(3)}, ends_at=NOON + 600)  # again, after a crash

    found = resume(sessions, tenant, "old", "new", "c2", at=NOON + 500)
    with pytest.raises(Conflict) as second:
        resume(sessions, tenant, "old", "x", "c3")
    with pytest.raises(NotFound):
        resume(sessions, stranger, "new", "x", "c3")
    with pytest.raises(NotFound):
        resume(sessions, tenant, "new", "x", "c3", user="bob")
    sessions.cut(tenant, "s1", "c1", {"too": Mark(1)}, ends_at=NOON)  # c1's end is noticed late
    again = resume(sessions, tenant, "new", "newer", "c4", at=NOON + 8000)

    assert second.value.code == "session_resumed"
    assert (found.user, found.connection_id, found.topics) == ("ada", "c1", marks)
    assert (again.connection_id, again.topics) == ("c2", marks)


def test_a_session_that_has_ended_is_not_resumed(stores: Stores, tenant: str) -> None:
    stores.sessions.put(Session("s1", tenant, "ada", "old", "c1", {}, NOON + 10))

    with pytest.raises(NotFound):
        resume(stores.sessions, tenant, "old", "new", "c2", at=NOON + 10)
    with pytest.raises(NotFound):
        resume(stores.sessions, tenant, "wrong", "new", "c2", at=NOON + 10)


def test_of_many_that_resume_one_session_at_once_one_does(stores: Stores, tenant: str) -> None:
    stores.sessions.put(Session("s1", tenant, "ada", "old", "c1", {}, NOON * 2))

    def won(number: int) -> bool:
        try:
            resume(stores.sessions, tenant, "old", f"n{number}", f"c{number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(won, range(8))) == 1


def test_a_subscription_has_a_shard_and_is_known_from_both_sides(stores: Stores, tenant: str, stranger: str) -> None:
    subs = stores.subscriptions
    made = subs.enter(tenant, "c1", "run:r1", after=3, token="t1")
    joined = subs.put_member(tenant, "run:r1", made.shard, Member("c1", 3, token="t1"))

    assert joined
    assert list(subs.of(tenant, "c1")) == [made]
    assert (made.name, made.shard, made.after, made.token) == ("run:r1", 1, 3, "t1")
    assert subs.shards(tenant, ["run:r1", "run:r2"]) == {"run:r1": [1]}
    assert subs.count(tenant, ["run:r1", "run:r2"]) == 1
    assert list(subs.members(tenant, "run:r1", 1)) == [Member("c1", 3, token="t1")]
    for nothing in (subs.of(stranger, "c1"), subs.shards(stranger, ["run:r1"]), subs.members(stranger, "run:r1", 1)):
        assert not nothing


def test_entering_again_keeps_the_shard_and_voids_the_time_before(stores: Stores, tenant: str) -> None:
    subs = stores.subscriptions
    first = subs.enter(tenant, "c1", "news", after=0, token="t1")
    subs.put_member(tenant, "news", first.shard, Member("c1", token="t1"))
    second = subs.enter(tenant, "c1", "news", after=9, token="t2")

    assert (second.shard, second.after) == (first.shard, 9)
    assert not subs.members(tenant, "news", 1)
    assert subs.count(tenant, ["news"]) == 1
    assert not subs.put_member(tenant, "news", 1, Member("c1", token="t1"))
    assert subs.put_member(tenant, "news", 1, Member("c1", 9, (("a=b", 4), ("b.*", 0)), True, 2, "t2"))
    assert subs.member(tenant, "news", 1, "c1") == Member("c1", 9, (("a=b", 4), ("b.*", 0)), True, 2, "t2")
    assert [(each.after, each.behind) for each in subs.of(tenant, "c1")] == [(9, True)]
    assert subs.put_member(tenant, "news", 1, Member("c1", 10))
    assert list(subs.members(tenant, "news", 1)) == [Member("c1", 10)]


def test_who_left_is_no_member_and_cannot_join_late(stores: Stores, tenant: str) -> None:
    subs = stores.subscriptions
    subs.enter(tenant, "c1", "news.*", after=0, token="t1")
    subs.put_member(tenant, "news.*", 1, Member("c1", also=(("news.eu", 0),)))

    assert subs.leave(tenant, "c1", "news.*")
    assert not subs.leave(tenant, "c1", "news.*")
    assert not subs.put_member(tenant, "news.*", 1, Member("c1"))
    assert not subs.of(tenant, "c1")
    assert not subs.members(tenant, "news.*", 1)
    assert not subs.shards(tenant, ["news.*"])
    assert subs.count(tenant, ["news.*"]) == 0


def test_a_full_shard_is_followed_by_another(stores: Stores, tenant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (on_aws, in_memory):
        monkeypatch.setattr(module, "SHARD_MEMBERS", 3)
    subs = stores.subscriptions

    shards = [subs.enter(tenant, f"c{n}", "busy", after=0, token=f"t{n}").shard for n in range(7)]
    subs.leave(tenant, "c0", "busy")
    late = subs.enter(tenant, "c7", "busy", after=0, token="t7").shard

    assert shards == [1, 1, 1, 2, 2, 2, 3]
    assert late == 3
    assert subs.shards(tenant, ["busy"]) == {"busy": [1, 2, 3]}


def test_shards_that_everybody_left_are_not_told_of_any_more(
    stores: Stores, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (on_aws, in_memory):
        monkeypatch.setattr(module, "SHARD_MEMBERS", 2)
    subs = stores.subscriptions
    for number in range(5):
        subs.enter(tenant, f"c{number}", "churn", after=0, token="t")
    for number in (0, 1, 2, 3):
        subs.leave(tenant, f"c{number}", "churn")
    assert subs.shards(tenant, ["churn"]) == {"churn": [3]}

    for number in (5, 6):
        subs.enter(tenant, f"c{number}", "churn", after=0, token="t")

    assert subs.shards(tenant, ["churn"]) == {"churn": [3, 4]}
    assert subs.count(tenant, ["churn"]) == 3


def test_who_is_behind_is_found_until_level_again_or_gone(stores: Stores, tenant: str) -> None:
    subs = stores.subscriptions
    for number in (1, 2):
        subs.enter(tenant, f"c{number}", "run:r#1", after=0, token="t")
        subs.put_member(tenant, "run:r#1", 1, Member(f"c{number}", 4, behind=True, failures=1))

    def owed() -> set[str]:
        found = [each for each in subs.owed(limit=1000) if each.tenant == tenant]
        assert all(each == Owed(tenant, "run:r#1", 1, each.connection_id) for each in found)
        return {each.connection_id for each in found}

    assert owed() == {"c1", "c2"}
    subs.put_member(tenant, "run:r#1", 1, Member("c1", 9))
    subs.leave(tenant, "c2", "run:r#1")
    assert owed() == set()
    assert subs.member(tenant, "run:r#1", 1, "c2") is None


def test_many_enter_and_leave_at_once_and_the_counts_agree(stores: Stores, tenant: str) -> None:
    subs = stores.subscriptions

    def come_and_go(number: int) -> None:
        subs.enter(tenant, f"c{number}", "rush", after=0, token=f"t{number}")
        if number % 2:
            subs.leave(tenant, f"c{number}", "rush")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(12)))

    assert subs.count(tenant, ["rush"]) == 6


def test_the_newest_number_of_a_topic(stores: Stores, tenant: str) -> None:
    assert stores.topics.newest(tenant, "news") == 0
    stores.topics.append(tenant, "news", [("a", {}), ("b", {})], at="2026-01-01T00:00:00+00:00")
    assert stores.topics.newest(tenant, "news") == 2
