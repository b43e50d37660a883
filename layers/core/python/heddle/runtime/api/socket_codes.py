"""The codes of the WebSocket's Error frames, for docs/reference/errors.md: what each means and what helps.

They are in `details.error` of the frame. Tests hold this table to the code.
"""

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class SocketCode:
    """The frame's number, or the status before the upgrade; what it means; and what the client can do."""

    number: int
    meaning: str
    remedy: str


SOCKET_CODES: dict[str, SocketCode] = {
    "invalid_frame": SocketCode(400, "The frame is not one", "`message` names the field and what it must be."),
    "binary_frame": SocketCode(400, "The frame is not text", "Send bytes as base64 inside of JSON."),
    "invalid_resume_token": SocketCode(400, "This is no resume token", "Send `resume_token` of Status connected."),
    "invalid_topic": SocketCode(400, "This is no topic", "`message` says what a topic may be called."),
    "unknown_frame_type": SocketCode(400, "Nobody knows this type of frame", "`message` lists those that are known."),
    "topic_forbidden": SocketCode(403, "You may not use the topic so", "Use one of your own; see the table of topics."),
    "another_principal": SocketCode(403, "The token is of somebody else", "Open another connection with it."),
    "denied_by_rule": SocketCode(403, "A rule does not let the message through", "`details.rule` names it."),
    "user_offline": SocketCode(404, "The user is not connected", "Nothing, if `details.queued`: it waits for them."),
    "message_not_found": SocketCode(404, "There is no such message in your inbox", "Name it by its `seq`."),
    "invalid_presence": SocketCode(400, "This cannot be said of a user", "`message` names the field."),
    "session_not_found": SocketCode(404, "The session has ended", "Connect without `resume`, subscribe with `after`."),
    "session_resumed": SocketCode(409, "The token was used already", "Use the newest one; each works once."),
    "frame_too_large": SocketCode(413, "The frame has more than 128 KiB", "Upload the value and send where it is."),
    "too_many_connections": SocketCode(429, "There are too many connections", "Close some, or ask for more."),
    "too_many_subscriptions": SocketCode(429, "There are too many subscriptions", "Use a pattern such as orders.*."),
    "rate_limited": SocketCode(429, "Frames came too fast", "Wait `details.retry_after` seconds."),
    "frame_parked": SocketCode(500, "The frame failed again and again", "It was put aside; operators can see why."),
}
