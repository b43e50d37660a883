"""People of a tenant: what they wrote, where they are, what they are told, and the rules over what they send.

heddle.rules.save({"name": "quiet", "match": {"topic": "^secret"}, "action": "deny"})
heddle.messages.of_topic("orders.eu", words="late")
heddle.notifications.send("6f1c…", "The import waits for you", level="warning")
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from heddle_sdk.documents import read_document
from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport


@dataclass(frozen=True, kw_only=True)
class Rule(Answer):
    """A rule, and in `counts` how often it matched, denied and failed."""

    name: str
    description: str = ""
    enabled: bool = True
    priority: int = 0
    is_terminal: bool = False
    action: str = "allow"
    match: Mapping[str, Any] = field(default_factory=dict)
    condition: str | None = None
    transform: Mapping[str, Any] = field(default_factory=dict)
    persist_offline: bool | None = None
    override_priority: str | None = None
    rate_limit: Mapping[str, Any] | None = None
    updated_by: str = ""
    disabled_because: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Message(Answer):
    """A message that was sent; `status` of a direct one is sent, delivered or read."""

    id: str
    type: str
    sender: str
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Presence(Answer):
    """Where a user is; `last_seen` in seconds since 1970."""

    user_id: str
    status: str
    message: str = ""
    last_seen: int | None = None
    timezone: str | None = None
    active_connections: int = 0
    devices: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Notification(Answer):
    """What a user was told; `status` is pushed, held (until `held_until`) or muted."""

    id: str
    title: str
    message: str = ""
    level: str = "info"
    type: str = "general"
    topic: str | None = None
    priority: str = "Normal"
    actions: tuple[Mapping[str, str], ...] = ()
    status: str = ""
    created_at: str = ""
    created_by: str = ""
    held_until: str | None = None
    read_at: str | None = None


@dataclass(frozen=True)
class Rules:
    """Rules for what clients send."""

    _transport: Transport

    def list(self) -> list[Rule]:
        """All rules, in the order in which they judge."""
        return [Rule.from_json(each) for each in self._transport.json("GET", "/routing-rules")["items"]]

    def get(self, name: str) -> Rule:
        """One rule."""
        return Rule.from_json(self._transport.json("GET", _path("/routing-rules", name)))

    def save(self, document: "str | Path | Mapping[str, Any]", *, name: str | None = None) -> Rule:
        """Save a rule, or the YAML or JSON file that holds it, under its name or the one given."""
        body = read_document(document)
        name = name or body.get("name")
        if not isinstance(name, str) or not name:
            raise ValueError("the rule has no name; give one, or write `name` into the document")
        answer = self._transport.json("PUT", _path("/routing-rules", name), body={**body, "name": name})
        return Rule.from_json(answer)

    def delete(self, name: str) -> None:
        """Delete a rule."""
        self._transport.json("DELETE", _path("/routing-rules", name))

    def presets(self) -> "Sequence[Rule]":
        """Return rules to begin with."""
        return [Rule.from_json(each) for each in self._transport.json("GET", "/routing-rules/presets")["items"]]

    def install(self, preset: str) -> Rule:
        """Save a preset."""
        return Rule.from_json(self._transport.json("POST", _path("/routing-rules/presets", preset)))

    def settings(self, *, default_action: str = "Allow", strip_html: bool = True) -> dict[str, Any]:
        """Say what happens to messages that no rule decides, and whether tags of HTML are taken out."""
        body = {"default_action": default_action, "strip_html": strip_html}
        value: dict[str, Any] = self._transport.json("PUT", "/routing-rules/settings", body=body)
        return value

    def test(self, message: Mapping[str, Any], *, rules: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """Return what the rules (or these) would make of a message: `allowed`, `denied_by`, `matched`, `message`."""
        body: dict[str, Any] = {"message": dict(message)}
        body |= {"rules": [dict(each) for each in rules]} if rules is not None else {}
        value: dict[str, Any] = self._transport.json("POST", "/routing-rules/test", body=body)
        return value


@dataclass(frozen=True)
class Messages:
    """What people wrote, and where they are."""

    _transport: Transport

    def of_topic(self, topic: str, *, words: str | None = None, limit: int = 50) -> Iterator[Message]:
        """Every message of a topic, newest first; with `words` those in which all of them are."""
        return self._all(_path("/topics", topic, "messages"), words, limit)

    def with_user(self, user: str, *, words: str | None = None, limit: int = 50) -> Iterator[Message]:
        """Every message between you and a user, newest first."""
        return self._all(_path("/direct-messages", user), words, limit)

    def conversations(self, *, limit: int = 50) -> Iterator[dict[str, Any]]:
        """Return whom you have exchanged messages with, newest message first."""
        return pages(self._transport, "/direct-messages", dict, limit=limit)

    def presence(self, *users: str) -> list[Presence]:
        """Return where users are; without names, where you are."""
        answer = self._transport.json("GET", "/presence", params={"users": ",".join(users) or None})
        return [Presence.from_json(each) for each in answer["items"]]

    def _all(self, path: str, words: str | None, limit: int) -> Iterator[Message]:
        before: str | None = None
        while True:
            page = self._transport.json("GET", path, params={"before": before, "q": words, "limit": limit})
            yield from (Message.from_json(each) for each in page["items"])
            before = page["next"]
            if before is None:
                return


@dataclass(frozen=True)
class Notifications:
    """What users are told."""

    _transport: Transport

    def send(self, user: str, title: str, message: str = "", **more: Any) -> Notification:
        """Tell a user something; `more` are level, type, topic, priority, actions."""
        body = {"user": user, "title": title, "message": message, **more}
        return Notification.from_json(self._transport.json("POST", "/notifications", body=body))

    def list(self, *, unread: bool = False, limit: int = 50) -> Iterator[Notification]:
        """Your notifications, newest first."""
        params = {"unread": "true"} if unread else {}
        return pages(self._transport, "/notifications", Notification.from_json, limit=limit, **params)

    def mark_read(self, id: str) -> Notification:
        """Note that you have read one."""
        return Notification.from_json(self._transport.json("POST", _path("/notifications", id, "read")))

    def preferences(self) -> dict[str, Any]:
        """Return what you want to be told, and when."""
        value: dict[str, Any] = self._transport.json("GET", "/notification-preferences")
        return value

    def prefer(self, **preferences: Any) -> dict[str, Any]:
        """Say what you want to be told: channels, quiet_hours, types, topics, max_per_hour; the rest as for all."""
        value: dict[str, Any] = self._transport.json("PUT", "/notification-preferences", body=preferences)
        return value


def _path(base: str, *more: str) -> str:
    return "/".join([base, *(quote(part, safe="") for part in more)])
