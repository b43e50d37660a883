"""What the stores of rules, messages, presence, timers and notifications promise, whatever keeps them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from heddle.application.ports.messages import DirectLine, Position, StoredMessage, direct, of_topic
from heddle.application.ports.presence import Timer
from heddle.application.ports.rules import RuleCounts
from heddle.domain.realtime.notification import Notification, checked
from heddle.domain.realtime.preferences import Preferences, QuietHours
from heddle.domain.realtime.presence import Stated
from heddle.domain.realtime.rules import rule as rules
from heddle.domain.realtime.rules.presets import PRESETS
from heddle.domain.realtime.rules.rule import RuleSet
from heddle.errors import PayloadTooLarge, VersionConflict
from tests.contract.aws import Stores


def test_rules_are_kept_as_they_were_and_apart_by_tenant(stores: Stores, tenant: str, stranger: str) -> None:
    saved = RuleSet(tuple(rules.checked(each, updated_by="user:ada") for each in PRESETS.values()), "Deny", False, 1)
    stores.rules.put(tenant, saved)

    assert stores.rules.get(tenant) == saved
    assert stores.rules.get(stranger) == RuleSet()


def test_of_two_that_save_rules_at_once_one_does(stores: Stores, tenant: str) -> None:
    stores.rules.put(tenant, RuleSet(revision=1))
    stores.rules.put(tenant, RuleSet(revision=2, default_action="Deny"))

    for late in (RuleSet(revision=1), RuleSet(revision=2), RuleSet(revision=4)):
        with pytest.raises(VersionConflict):
            stores.rules.put(tenant, late)
    assert stores.rules.get(tenant).default_action == "Deny"


def test_what_rules_did_is_added_up(stores: Stores, tenant: str, stranger: str) -> None:
    store = stores.rules
    for _ in range(2):
        store.count(tenant, {"a": RuleCounts(matched=2, denied=1), "b": RuleCounts(matched=1)})
    assert [store.failed(tenant, "a"), store.failed(tenant, "a")] == [1, 2]
    store.worked(tenant, "a")
    assert store.failed(tenant, "a") == 1

    assert store.counts(tenant) == {"a": RuleCounts(4, 2, 3, 1), "b": RuleCounts(2)}
    store.forget(tenant, "a")
    assert store.counts(tenant) == {"b": RuleCounts(2)}
    assert store.counts(stranger) == {}


def message(number: int, payload: Any = "hello", **changes: Any) -> StoredMessage:
    made = StoredMessage(
        f"m{number:03d}", "Broadcast", "ada", payload, f"2026-01-01T00:00:{number:02d}+00:00", {"a": "b"}
    )
    return replace(made, **changes)


def test_history_is_read_from_both_ends_and_apart_by_tenant(stores: Stores, tenant: str, stranger: str) -> None:
    store, talk = stores.messages, of_topic("news")
    for number in (3, 1, 2, 5, 4):
        store.add(tenant, talk, message(number))
    store.add(tenant, talk, message(3, "once more"))

    def ids(found: Any) -> list[str]:
        return [each.id for each in found]

    assert ids(store.newest(tenant, talk, before=None, after=None, limit=2)) == ["m005", "m004"]
    assert ids(store.newest(tenant, talk, before="m004", after=None, limit=9)) == ["m003", "m002", "m001"]
    assert ids(store.newest(tenant, talk, before="m004", after="m001", limit=9)) == ["m003", "m002"]
    assert ids(store.oldest(tenant, talk, after="m003", limit=9)) == ["m004", "m005"]
    assert store.newest(tenant, talk, before="m004", after=None, limit=1) == [message(3)]
    assert not store.newest(stranger, talk, before=None, after=None, limit=9)
    assert not store.newest(tenant, of_topic("new"), before=None, after=None, limit=9)


def test_a_long_history_is_read_whole(stores: Stores, tenant: str) -> None:
    words = "".join(chr(97 + number * 7919 % 26) for number in range(200_000))
    for number in range(8):
        store_it = message(number, f"{number}{words}")
        stores.messages.add(tenant, of_topic("long"), store_it)

    found = stores.messages.newest(tenant, of_topic("long"), before=None, after=None, limit=8)

    assert [each.id for each in found] == [f"m{number:03d}" for number in reversed(range(8))]


def test_what_is_too_large_is_refused(stores: Stores, tenant: str) -> None:
    with pytest.raises(PayloadTooLarge):
        stores.messages.add(tenant, of_topic("big"), message(1, "x" * 300_000))


def test_a_message_that_was_read_stays_so(stores: Stores, tenant: str) -> None:
    talk = direct("bob", "ada")
    assert talk == direct("ada", "bob")
    stores.messages.add(tenant, talk, message(1))
    for status in ("delivered", "read", "delivered"):
        stores.messages.mark(tenant, talk, "m001", status)
    stores.messages.mark(tenant, talk, "m404", "read")

    assert [each.status for each in stores.messages.newest(tenant, talk, before=None, after=None, limit=9)] == ["read"]


def test_conversations_are_listed_by_their_newest_message(stores: Stores, tenant: str, stranger: str) -> None:
    store = stores.messages
    for number, other in enumerate(["bob", "cyd", "dan", "bob"]):
        store.put_line(tenant, "ada", DirectLine(other, f"m{number}", "2026-01-01", "ada", other))
    store.put_line(tenant, "ada", DirectLine("bob", "m0", "2026-01-01", "ada", "older"))

    first = store.lines(tenant, "ada", limit=2)
    second = store.lines(tenant, "ada", limit=2, cursor=first.cursor)

    assert [(line.other, line.last_id) for line in (*first.items, *second.items)] == [
        ("bob", "m3"),
        ("dan", "m2"),
        ("cyd", "m1"),
    ]
    assert second.cursor is None
    assert store.lines(stranger, "ada", limit=2).items == ()


def test_a_position_only_moves_on_in_time(stores: Stores, tenant: str, stranger: str) -> None:
    assert stores.messages.position(tenant, "ada") == Position(0, "")
    stores.messages.move(tenant, "ada", Position(7, "2026-01-02"))
    stores.messages.move(tenant, "ada", Position(3, "2026-01-01"))
    assert stores.messages.position(tenant, "ada") == Position(7, "2026-01-02")
    stores.messages.move(tenant, "ada", Position(1, "2026-03-01"))  # the inbox began again

    assert stores.messages.position(tenant, "ada") == Position(1, "2026-03-01")
    assert stores.messages.position(stranger, "ada") == Position(0, "")


def test_presence_is_kept_and_a_late_writer_starts_again(stores: Stores, tenant: str, stranger: str) -> None:
    said = Stated("Busy", "in a call", "Europe/Vienna", False, "", 7, 9, "Busy", {"c1": {"platform": "web"}}, 1)
    stores.presence.put(tenant, "ada", said, at=7)

    with pytest.raises(VersionConflict):
        stores.presence.put(tenant, "ada", said, at=8)
    assert stores.presence.get(tenant, ["ada", "bob"]) == {"ada": said}
    assert stores.presence.get(stranger, ["ada"]) == {}


def test_of_many_changes_at_once_each_builds_on_the_one_before(stores: Stores, tenant: str) -> None:
    def touch(_: int) -> None:
        while True:
            had = stores.presence.get(tenant, ["ada"]).get("ada", Stated())
            try:
                stores.presence.put(
                    tenant, "ada", replace(had, active_at=had.active_at + 1, revision=had.revision + 1), at=1
                )
            except VersionConflict:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(touch, range(12)))

    assert stores.presence.get(tenant, ["ada"])["ada"].active_at == 12


def test_timers_ring_once_and_may_be_set_anew(stores: Stores, tenant: str, stranger: str) -> None:
    early, late = Timer(tenant, "presence", "ada", 100), Timer(tenant, "presence", "ada", 200)
    other, never = Timer(stranger, "presence", "ada", 150), Timer(tenant, "notification", "ada#n1", 9_000_000_000)
    for timer in (early, late, other, never):
        stores.timers.put(timer)

    def due(before: int) -> list[Timer]:
        return [each for each in stores.timers.due(before, limit=50) if each.tenant in (tenant, stranger)]

    assert due(120) == []
    assert due(200) == [other, late]
    assert not stores.timers.done(early)
    assert stores.timers.done(late)
    assert not stores.timers.done(late)
    assert due(300) == [other]


def note(number: int, **changes: Any) -> Notification:
    document = {"title": f"note {number}", "actions": [{"label": "look", "url": "/runs/1"}], "topic": "a.b"}
    made = checked("ada", document, id=f"n{number:03d}", at="2026-01-01T00:00:00+00:00", by="user:bob")
    return replace(made, **changes)


def test_notifications_are_listed_newest_first_and_those_unread_alone(
    stores: Stores, tenant: str, stranger: str
) -> None:
    store = stores.notifications
    for number in range(5):
        store.put(tenant, note(number))
    store.put(tenant, note(3, read_at="2026-01-02T00:00:00+00:00"))
    store.put(stranger, note(9))

    first = store.page(tenant, "ada", unread=False, limit=3)
    rest = store.page(tenant, "ada", unread=False, limit=3, cursor=first.cursor)
    unread = store.page(tenant, "ada", unread=True, limit=2)
    more = store.page(tenant, "ada", unread=True, limit=9, cursor=unread.cursor)

    assert [each.id for each in (*first.items, *rest.items)] == ["n004", "n003", "n002", "n001", "n000"]
    assert [each.id for each in (*unread.items, *more.items)] == ["n004", "n002", "n001", "n000"]
    assert store.get(tenant, "ada", "n001") == note(1)
    assert store.get(stranger, "ada", "n001") is None
    assert store.page(tenant, "bob", unread=False, limit=3).items == ()


def test_preferences_are_the_users_own(stores: Stores, tenant: str, stranger: str) -> None:
    quiet = QuietHours(time(22), time(7), "Europe/Vienna")
    liked = Preferences(True, quiet, {"mention": False}, {"news.*": False}, 5)
    stores.notifications.prefer(tenant, "ada", liked)

    assert stores.notifications.preferences(tenant, "ada") == liked
    assert stores.notifications.preferences(tenant, "bob") == Preferences()
    assert stores.notifications.preferences(stranger, "ada") == Preferences()
