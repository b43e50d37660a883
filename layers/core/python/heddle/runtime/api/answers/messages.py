"""The answers about messages and those who write them."""

from typing import Any

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class MessageAnswer(Answer):
    """A message; `status` of a direct one is sent, delivered or read."""

    id: str
    type: str
    sender: str
    payload: Any
    headers: dict[str, str]
    at: str
    status: str


class MessagePage(Answer):
    """Messages; `next` goes into `before` or `after`, whichever was given, None at the end."""

    items: list[MessageAnswer]
    next: str | None
    examined: int = Field(description="How many messages were looked at: a search may find none and go on.")


class ConversationLineAnswer(Answer):
    """Another user, and the newest message between you."""

    user: str
    last_message_id: str
    last_at: str
    last_sender: str
    preview: str


class ConversationLinePage(Answer):
    """Whom you have exchanged messages with."""

    items: list[ConversationLineAnswer]
    cursor: str | None


class PresenceAnswer(Answer):
    """Where a user is; `last_seen` in seconds since 1970."""

    user_id: str
    status: str
    message: str
    last_seen: int | None
    timezone: str | None
    active_connections: int
    devices: list[dict[str, Any]]


class PresenceList(Answer):
    """Users, in the order in which they were asked for."""

    items: list[PresenceAnswer]


ANSWERS: Answers = {
    "list_topic_messages": {200: MessagePage},
    "list_direct_messages": {200: ConversationLinePage},
    "read_direct_messages": {200: MessagePage},
    "list_presence": {200: PresenceList},
}
