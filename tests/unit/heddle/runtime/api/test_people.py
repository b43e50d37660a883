"""Rules, messages, presence and notifications by REST."""

from typing import Any

import pytest

from heddle.application.ports.messages import DirectLine, StoredMessage, direct, of_topic
from heddle.testing.api import ApiStage, Caller

RULE: dict[str, Any] = {"match": {"topic": "^secret"}, "action": "deny", "priority": 5}


def test_a_rule_is_saved_listed_tried_and_deleted(admin: Caller, viewer: Caller) -> None:
    created = admin.post("/routing-rules", {"name": "quiet", **RULE})
    again = admin.post("/routing-rules", {"name": "quiet", **RULE})
    changed = admin.put("/routing-rules/quiet", {**RULE, "priority": 7})
    preset = admin.post("/routing-rules/presets/block_spam", None)
    listed = viewer.get("/routing-rules").json
    denied = viewer.post("/routing-rules/test", {"message": {"topic": "secret.x", "payload": 1}}).json
    allowed = viewer.post("/routing-rules/test", {"message": {"topic": "x"}, "rules": []}).json
    deleted = admin.delete("/routing-rules/quiet")

    assert (created.status, again.status, again.json["code"]) == (201, 409, "rule_exists")
    assert (changed.status, changed.json["priority"], preset.status) == (200, 7, 201)
    assert [rule["name"] for rule in listed["items"]] == ["block_spam", "quiet"]
    assert (denied["allowed"], denied["denied_by"], allowed["allowed"]) == (False, "quiet", True)
    assert (deleted.status, admin.get("/routing-rules/quiet").json["code"]) == (204, "rule_not_found")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"name": "test"}, "invalid_rule"),
        ({"name": "r", "match": {"topic": "("}}, "invalid_pattern"),
        ({"name": "r", "condition": "{{ nodes.x }}"}, "invalid_rule"),
        ({"name": "r", "colour": "red"}, "invalid_body"),
    ],
)
def test_a_bad_rule_is_refused_and_nothing_is_written(admin: Caller, document: dict[str, Any], code: str) -> None:
    answer = admin.post("/routing-rules", document)

    assert (answer.status, answer.json["code"]) == (400, code)
    assert admin.get("/routing-rules").json["items"] == []


def test_a_rule_with_an_endless_template_is_found_out_by_trying_it(viewer: Caller) -> None:
    loop = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"

    tried = viewer.post(
        "/routing-rules/test", {"message": {"payload": 1}, "rules": [{"name": "loop", "transform": {"payload": loop}}]}
    ).json

    assert tried["allowed"]
    assert [each["code"] for each in tried["failures"]] == ["expression_fuel_exhausted"]


def keep(stage: ApiStage, tenant: str, count: int) -> None:
    messages = stage.ports.people.messages
    for number in range(count):
        stored = StoredMessage(f"m{number:04d}", "Broadcast", "ada", {"text": f"note {number}"}, "2026-01-01", {})
        messages.add(tenant, of_topic("news"), stored)


def test_history_is_read_in_pages_both_ways_and_searched(stage: ApiStage, viewer: Caller, stranger: Caller) -> None:
    keep(stage, "acme", 1100)

    def ids(path: str) -> tuple[list[str], str | None]:
        answer = viewer.get(f"/topics/news/messages?{path}").json
        return [each["id"] for each in answer["items"]], answer["next"]

    first, following = ids("limit=2")
    assert (first, following) == (["m1099", "m1098"], "m1098")
    assert ids(f"limit=2&before={following}")[0] == ["m1097", "m1096"]
    assert ids("limit=2&after=m0002")[0] == ["m0003", "m0004"]
    assert ids("limit=2&before=m0001") == (["m0000"], None)

    found: list[str] = []
    pages, cursor = 0, None
    while True:
        some, cursor = ids("q=NOTE%2017&limit=100" + (f"&before={cursor}" if cursor else ""))
        found, pages = found + some, pages + 1
        if cursor is None:
            break
    assert "m0017" in found
    assert "m0018" not in found
    assert 3 <= pages <= 4
    assert stranger.get("/topics/news/messages").json["items"] == []


def test_both_ends_at_once_and_topics_of_the_platform_are_refused(viewer: Caller) -> None:
    both = viewer.get("/topics/news/messages?before=a&after=b")
    inbox = viewer.get("/topics/user:ada/messages")

    assert (both.status, both.json["code"]) == (400, "invalid_parameter")
    assert (inbox.status, inbox.json["code"]) == (400, "topic_without_history")


def test_direct_messages_are_those_of_the_caller_alone(stage: ApiStage, viewer: Caller, editor: Caller) -> None:
    me = viewer.get("/me").json["principal"].partition(":")[2]
    messages = stage.ports.people.messages
    messages.add("acme", direct(me, "bob"), StoredMessage("m1", "DirectMessage", "bob", "psst", "2026-01-01", {}))
    messages.put_line("acme", me, DirectLine("bob", "m1", "2026-01-01", "bob", "psst"))

    assert [each["payload"] for each in viewer.get("/direct-messages/bob").json["items"]] == ["psst"]
    assert [each["user"] for each in viewer.get("/direct-messages").json["items"]] == ["bob"]
    assert editor.get("/direct-messages/bob").json["items"] == []
    assert editor.get("/direct-messages").json["items"] == []


def test_presence_is_answered_for_those_asked_for(viewer: Caller) -> None:
    found = viewer.get("/presence?users=bob,ada,bob").json["items"]
    too_many = viewer.get("/presence?users=" + ",".join(f"u{n}" for n in range(51)))

    assert [(each["user_id"], each["status"]) for each in found] == [("bob", "Offline"), ("ada", "Offline")]
    assert (too_many.status, too_many.json["code"]) == (400, "invalid_parameter")


def test_a_notification_is_listed_unread_until_it_is_read(editor: Caller, viewer: Caller, stranger: Caller) -> None:
    me = viewer.get("/me").json["principal"].partition(":")[2]
    made = editor.post("/notifications", {"user": me, "title": "look <b>here</b>"}).json
    refused = viewer.post("/notifications", {"user": me, "title": "x"})
    unread = viewer.get("/notifications?unread=true").json["items"]
    path = f"/notifications/{made['id']}/read"
    elsewhere = stranger.post(path, None)
    read = viewer.post(path, None).json

    assert (made["title"], made["status"], refused.status) == ("look here", "pushed", 403)
    assert [each["id"] for each in unread] == [made["id"]]
    assert (elsewhere.status, elsewhere.json["code"]) == (404, "notification_not_found")
    assert read["read_at"] is not None
    assert viewer.get("/notifications?unread=true").json["items"] == []
    assert viewer.get("/notifications").json["items"] == [read]


def test_preferences_are_the_callers_own(viewer: Caller, editor: Caller) -> None:
    liked: dict[str, Any] = {
        "quiet_hours": {"start": "22:00", "end": "07:00", "timezone": "Europe/Vienna"},
        "max_per_hour": 5,
    }

    saved = viewer.put("/notification-preferences", liked)
    refused = viewer.put("/notification-preferences", {"quiet_hours": {**liked["quiet_hours"], "timezone": "Mars"}})

    assert (saved.status, refused.json["code"]) == (200, "unknown_time_zone")
    assert viewer.get("/notification-preferences").json["max_per_hour"] == 5
    assert editor.get("/notification-preferences").json["max_per_hour"] == 100
