"""A notification: a few words to one user, with what they can do about it."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.realtime.preferences import LEVELS, PRIORITIES
from heddle.domain.realtime.rules.message import without_tags
from heddle.domain.realtime.topics import check_topic
from heddle.errors import InvalidInput
from heddle.records import dataclass

KEPT_SECONDS = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Notification:
    """`status` is pushed, held (quiet hours, until `held_until`) or muted; times are ISO 8601 in UTC."""

    id: str
    user: str
    level: str
    title: str
    message: str
    type: str
    topic: str | None
    priority: str
    actions: tuple[Mapping[str, str], ...]
    status: str
    created_at: str
    created_by: str
    held_until: str | None = None
    read_at: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what lists show."""
        return {
            "id": self.id,
            "level": self.level,
            "title": self.title,
            "message": self.message,
            "type": self.type,
            "topic": self.topic,
            "priority": self.priority,
            "actions": [dict(action) for action in self.actions],
            "status": self.status,
            "created_at": self.created_at,
            "created_by": self.created_by,
            "held_until": self.held_until,
            "read_at": self.read_at,
        }


def from_json(user: str, value: Mapping[str, Any]) -> Notification:
    """Return what `to_json` wrote."""
    fields = {**value, "actions": tuple(value["actions"])}
    return Notification(user=user, **fields)


def checked(user: str, document: Mapping[str, Any], *, id: str, at: str, by: str) -> Notification:
    """Return the notification of a document, without tags; InvalidInput `invalid_notification` names the field."""
    check_user(user)
    level, priority = document.get("level", "info"), document.get("priority", "Normal")
    if level not in LEVELS:
        raise _invalid("level", f"must be one of {', '.join(LEVELS)}")
    if priority not in PRIORITIES:
        raise _invalid("priority", f"must be one of {', '.join(PRIORITIES)}")
    topic = document.get("topic")
    actions = document.get("actions", ())
    if not isinstance(actions, list | tuple) or len(actions) > 5:
        raise _invalid("actions", "must be a list of at most five {label, url}")
    for number, action in enumerate(actions):
        url = action.get("url") if isinstance(action, Mapping) and set(action) == {"label", "url"} else None
        if not isinstance(url, str) or not url.startswith(("https://", "http://", "/")) or len(url) > 2_000:
            raise _invalid(f"actions.{number}", "must be {label, url} with an address of http, https or this site")
    return Notification(
        id=id,
        user=user,
        level=level,
        title=_text(document.get("title"), "title", 200),
        message=_text(document.get("message", ""), "message", 4_000, empty=True),
        type=_text(document.get("type", "general"), "type", 64),
        topic=None if topic is None else check_topic(topic),
        priority=priority,
        actions=tuple({"label": without_tags(str(each["label"])[:80]), "url": each["url"]} for each in actions),
        status="pushed",
        created_at=at,
        created_by=by,
    )


def check_user(user: object) -> str:
    """Return the name of a user, as `user:{name}` can be a topic; InvalidInput `invalid_user`."""
    try:
        return check_topic(f"user:{user}").partition(":")[2] if isinstance(user, str) else check_topic(None) and ""
    except InvalidInput:
        reason = "must be the name of a user, as Status connected has it in `user`"
        raise InvalidInput(
            f"user: {reason}", code="invalid_user", errors=[{"field": "user", "message": reason}]
        ) from None


def _text(value: Any, where: str, most: int, *, empty: bool = False) -> str:
    if not isinstance(value, str) or len(value) > most or (not value and not empty):
        raise _invalid(where, f"must be text of at most {most} characters")
    text: str = without_tags(value)
    return text


def _invalid(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field}: {reason}", code="invalid_notification", errors=[{"field": field, "message": reason}])
