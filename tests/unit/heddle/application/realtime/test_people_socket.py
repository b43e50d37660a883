"""Direct messages, presence, typing, notifications and rules, through a real socket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from heddle.application.ports.messages import direct, of_topic
from heddle.domain.realtime.preferences import checked as preferences
from heddle.domain.realtime.rules.presets import PRESETS
from heddle.domain.realtime.rules.rule import RuleSet, checked
from tests.support.realtime_server import RealtimeService, realtime_server

ADA, BOB, EVE = "acme:ada:editor", "acme:bob:editor", "evil:bob:admin"


@pytest.fixture
def service() -> Iterator[RealtimeService]:
    with realtime_server() as running:
        yield running


def of_type(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the data of the next frame of a type."""
    while True:
        value: dict[str, Any] = json.loads(socket.recv(timeout=5))
        if value["type"] == kind:
            data: dict[str, Any] = value["data"]
            return data


def send(socket: ClientConnection, kind: str, /, **data: Any) -> None:
    socket.send(json.dumps({"type": kind, "data": data, "id": "q"}))


def ask(socket: ClientConnection, kind: str, /, **data: Any) -> dict[str, Any]:
    """Send a frame and return the frame that answers it."""
    send(socket, kind, **data)
    while (answer := json.loads(socket.recv(timeout=5))).get("id") != "q":
        pass
    found: dict[str, Any] = answer
    return found


@contextmanager
def opened(service: RealtimeService, who: str) -> Iterator[ClientConnection]:
    with connect(service.url(who)) as socket:
        assert of_type(socket, "Status")["status"] == "connected"
        yield socket


def gone(service: RealtimeService, user: str) -> None:
    """Wait until the user has no connection, and that is noted."""
    while service.connections.of_user("acme", user) or service.presences.get("acme", [user])[user].gone_at is None:
        pass


def save_rules(service: RealtimeService, *documents: dict[str, Any], **settings: Any) -> None:
    revision = service.rules.get("acme").revision + 1
    rules = tuple(checked({"name": f"r{n}", **each}, updated_by="user:ada") for n, each in enumerate(documents))
    service.rules.put("acme", RuleSet(rules, revision=revision, **settings))
    service.offset += timedelta(seconds=6)  # rules are known for five


def test_a_direct_message_reaches_every_device_and_is_acknowledged_by_ids(service: RealtimeService) -> None:
    with opened(service, ADA) as ada, opened(service, BOB) as phone, opened(service, BOB) as desk:
        ack = ask(ada, "DirectMessage", target_user="bob", payload={"text": "hi"})["data"]
        got = [of_type(socket, "DirectMessage") for socket in (phone, desk)]
        ids = {each.id for each in service.connections.of_user("acme", "bob")}

        assert (ack["status"], set(ack["delivered_to"])) == ("delivered", ids)
        for message in got:
            assert (message["from_user"], message["payload"]) == ("ada", {"text": "hi"})
            assert message["metadata"]["message_id"] == ack["message_id"]

        send(phone, "Ack", message_id=ack["message_id"])
        delivered = of_type(ada, "DeliveryConfirmation")
        send(phone, "Ack", seq=got[0]["metadata"]["seq"], status="read")
        read = of_type(ada, "DeliveryConfirmation")

    assert (delivered["message_id"], delivered["status"], delivered["by"]) == (ack["message_id"], "delivered", "bob")
    assert (read["message_ids"], read["status"]) == ([ack["message_id"]], "read")
    (kept,) = service.people.messages.newest("acme", direct("ada", "bob"), before=None, after=None, limit=9)
    assert kept.status == "read"


def test_an_offline_user_gets_messages_at_the_next_connect_until_they_are_acknowledged(
    service: RealtimeService,
) -> None:
    with opened(service, ADA) as ada:
        refused = [ask(ada, "DirectMessage", target_user="bob", payload=number)["data"] for number in range(3)]
    assert [(each["code"], each["details"]["error"], each["details"]["queued"]) for each in refused] == [
        (404, "user_offline", True)
    ] * 3

    with opened(service, BOB) as bob:
        first = [of_type(bob, "DirectMessage") for _ in range(3)]
        send(bob, "Ack", message_id=first[1]["metadata"]["message_id"])
        ask(bob, "TypingStart", conversation_id="x y")  # an answer: what was before it is done
    gone(service, "bob")
    with opened(service, BOB) as bob:
        again = of_type(bob, "DirectMessage")

    assert [each["payload"] for each in first] == [0, 1, 2]
    assert first[0]["metadata"]["message_id"] == refused[0]["details"]["message_id"]
    assert again["payload"] == 2


def test_an_inbox_that_began_again_is_not_skipped(service: RealtimeService) -> None:
    topics = service.topics.log
    for number in range(3):
        topics.append("acme", "user:bob", [("Notification", {"n": number})], at="2026-01-01T00:00:00+00:00")
    service.people.messages.move("acme", "bob", _position(3, "2026-01-01T00:00:00+00:00"))
    assert service.people.acknowledge.after("acme", "bob") == 3

    for number in range(4):
        topics.append("acme", "user:bob", [("Notification", {"n": number})], at=f"2026-03-0{number + 1}T00:00:00+00:00")

    assert topics.newest("acme", "user:bob") == 4
    assert service.people.acknowledge.after("acme", "bob") == 0


def _position(seq: int, at: str) -> Any:
    from heddle.application.ports.messages import Position

    return Position(seq, at)


def test_a_user_of_another_tenant_looks_like_nobody(service: RealtimeService) -> None:
    with opened(service, EVE) as eve, opened(service, ADA) as ada:
        absent = ask(ada, "DirectMessage", target_user="bob", payload="for acme's bob")["data"]
        unknown = ask(ada, "DirectMessage", target_user="nobody", payload="x")["data"]
        shown = ask(eve, "Ping", timestamp=1)

        assert shown["type"] == "Pong"
    assert absent["message"] == unknown["message"].replace("nobody", "bob")
    assert service.topics.newest("evil", "user:bob") == 0


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("DirectMessage", {"payload": 1}, "invalid_user"),
        ("DirectMessage", {"target_user": "a b", "payload": 1}, "invalid_user"),
        ("DirectMessage", {"target_user": "bob"}, "invalid_frame"),
        ("DirectMessage", {"target_user": "bob", "payload": 1, "headers": {"a": 1}}, "invalid_frame"),
        ("Ack", {}, "invalid_frame"),
        ("Ack", {"message_id": "none"}, "message_not_found"),
        ("Ack", {"message_id": "none", "status": "eaten"}, "invalid_frame"),
        ("UpdatePresence", {"status": "dancing"}, "invalid_presence"),
        ("UpdatePresence", {"timezone": "Mars"}, "unknown_time_zone"),
        ("TypingStart", {}, "invalid_topic"),
    ],
)
def test_bad_frames_say_what_is_wrong(service: RealtimeService, kind: str, data: dict[str, Any], code: str) -> None:
    if kind == "TypingStart":
        data = {"conversation_id": "*"}
    with opened(service, ADA) as ada:
        assert ask(ada, kind, **data)["data"]["details"]["error"] == code


def test_a_viewer_sends_no_direct_messages(service: RealtimeService) -> None:
    with opened(service, "acme:vic:viewer") as vic:
        assert ask(vic, "DirectMessage", target_user="ada", payload=1)["data"]["code"] == 403


def test_presence_follows_what_users_say_and_do(service: RealtimeService) -> None:
    with opened(service, ADA) as ada:
        ask(ada, "Subscribe", topics=["presence:bob"])
        with opened(service, BOB) as bob:
            online = of_type(ada, "Presence")
            answer = ask(bob, "UpdatePresence", status="busy", message="in a call", device={"platform": "ios"})["data"]
            busy = of_type(ada, "Presence")
            ask(bob, "UpdatePresence", status="online", message="")
            of_type(ada, "Presence")
            service.offset += timedelta(seconds=601)
            service.ring()
            away = of_type(ada, "Presence")
        gone(service, "bob")
        service.offset += timedelta(seconds=301)
        service.ring()
        offline = of_type(ada, "Presence")

    assert (online["user_id"], online["status"]) == ("bob", "Online")
    assert answer["presence"]["status"] == busy["status"] == "Busy"
    assert (busy["message"], busy["devices"]) == ("in a call", [{"platform": "ios"}])
    assert away["status"] == "Away"
    assert (offline["status"], offline["active_connections"]) == ("Offline", 0)
    assert service.people.presence.read("evil", ["bob"])[0]["status"] == "Offline"


def test_a_user_who_comes_back_in_time_was_never_offline(service: RealtimeService) -> None:
    with opened(service, BOB):
        pass
    gone(service, "bob")
    service.offset += timedelta(seconds=200)
    with opened(service, BOB) as bob:
        ask(bob, "UpdatePresence")
        service.offset += timedelta(seconds=200)
        service.ring()

        assert service.people.presence.read("acme", ["bob"])[0]["status"] == "Online"


def test_typing_is_heard_in_its_conversation(service: RealtimeService) -> None:
    with opened(service, ADA) as ada, opened(service, BOB) as bob:
        ask(ada, "Subscribe", topics=["typing:ada|bob"])
        send(bob, "TypingStart", conversation_id="ada|bob")
        begun = of_type(ada, "TypingIndicator")
        send(bob, "TypingEnd", conversation_id="ada|bob")
        ended = of_type(ada, "TypingIndicator")

    assert (begun["user_id"], begun["conversation_id"], begun["typing"]) == ("bob", "ada|bob", True)
    assert begun["expires_at"] > begun["metadata"]["sent_at"]
    assert not ended["typing"]


def test_a_rule_denies_changes_and_bounds_messages(service: RealtimeService) -> None:
    save_rules(
        service,
        {"match": {"topic": "^secret"}, "action": "deny", "priority": 9},
        {"match": {"topic": "^loud"}, "transform": {"topic": "quiet", "payload": "{{ message.payload | lower }}"}},
        {"match": {"topic": "^rare"}, "rate_limit": {"per_second": 0.01, "burst": 1}, "persist_offline": False},
    )
    with opened(service, ADA) as ada:
        ask(ada, "Subscribe", topics=["quiet", "rare"])
        denied = ask(ada, "Broadcast", topic="secret", payload=1)["data"]
        send(ada, "Broadcast", topic="loud", payload="<i>HELLO</i>", headers={"Cookie": "x", "kind": "y"})
        heard = of_type(ada, "Broadcast")
        first = ask(ada, "Broadcast", topic="rare", payload=1)["type"]
        second = ask(ada, "Broadcast", topic="rare", payload=2)["data"]

    assert (denied["code"], denied["details"]) == (403, {"rule": "r0", "error": "denied_by_rule"})
    assert (heard["topic"], heard["payload"], heard["metadata"]["headers"]) == ("quiet", "hello", {"kind": "y"})
    assert (first, second["code"], second["details"]["rule"]) == ("Ack", 429, "r2")
    assert second["details"]["retry_after"] > 0
    assert not service.people.messages.newest("acme", of_topic("rare"), before=None, after=None, limit=9)
    assert service.people.messages.newest("acme", of_topic("quiet"), before=None, after=None, limit=9)


def test_a_rule_that_keeps_failing_blocks_nothing_and_is_turned_off_with_a_notice(service: RealtimeService) -> None:
    save_rules(service, {"condition": "{{ message.payload.absent.deeper }}", "action": "deny"})
    with opened(service, ADA) as ada:
        acks = [ask(ada, "Broadcast", topic="a", payload={"n": n})["type"] for n in range(11)]
        listed = service.notifications.page("acme", "ada", unread=True, limit=9).items

    assert acks == ["Ack"] * 11
    assert [each.title for each in listed] == ["The rule r0 was turned off"]
    (rule,) = service.rules.get("acme").rules
    assert not rule.enabled
    assert "10 times in a row" in (rule.disabled_because or "")
    assert service.rules.counts("acme")["r0"].failed == 10


def test_rules_of_one_tenant_are_not_anothers(service: RealtimeService) -> None:
    save_rules(service, dict(PRESETS["block_spam"], match={"target": {"max_targets": 0}}))
    with opened(service, EVE) as eve, opened(service, ADA) as ada:
        assert ask(eve, "Broadcast", topic="a", payload=1)["type"] == "Ack"
        assert ask(ada, "Broadcast", topic="a", payload=1)["data"]["code"] == 403


def test_notifications_are_pushed_held_or_muted_as_the_user_prefers(service: RealtimeService) -> None:
    at = service.now()
    quiet = {"start": f"{at:%H:%M}", "end": f"{at + timedelta(hours=2):%H:%M}", "timezone": "UTC"}
    wanted = preferences({"quiet_hours": quiet, "types": {"gossip": False}})
    notify = service.people.notify
    with opened(service, BOB) as bob:
        notify("acme", "bob", {"title": "<b>plain</b>"}, by="user:ada")
        pushed = of_type(bob, "Notification")
        service.notifications.prefer("acme", "bob", wanted)
        held = notify("acme", "bob", {"title": "later"}, by="user:ada")
        muted = notify("acme", "bob", {"title": "psst", "type": "gossip"}, by="user:ada")
        notify("acme", "bob", {"title": "fire", "priority": "Critical"}, by="user:ada")
        critical = of_type(bob, "Notification")
        service.offset += timedelta(hours=2, minutes=1)
        service.ring()
        released = of_type(bob, "Notification")

    assert (pushed["title"], pushed["level"], pushed["created_by"]) == ("plain", "info", "user:ada")
    assert (held.status, muted.status, critical["title"], released["title"]) == ("held", "muted", "fire", "later")
    unread = service.notifications.page("acme", "bob", unread=True, limit=9).items
    assert [each.title for each in unread] == ["fire", "psst", "later", "plain"]


def test_more_than_so_many_an_hour_are_only_listed(service: RealtimeService) -> None:
    service.notifications.prefer("acme", "bob", preferences({"max_per_hour": 2}))

    made = [service.people.notify("acme", "bob", {"title": str(n)}, by="x").status for n in range(3)]

    assert made == ["pushed", "pushed", "muted"]
