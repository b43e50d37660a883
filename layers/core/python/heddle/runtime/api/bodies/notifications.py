"""The bodies about notifications."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class NotificationActionBody(Body):
    """Something to be done about it."""

    label: str
    url: str


class NotificationBody(Body):
    """A few words to a user."""

    user: str = Field(description="Their name, as `Status` connected has it in `user`.")
    title: str = Field(max_length=200)
    message: str = Field(default="", max_length=4_000)
    level: Literal["info", "success", "warning", "error"] = "info"
    type: str = Field(default="general", max_length=64, description="What users turn on and off.")
    topic: str | None = None
    priority: Literal["Low", "Normal", "High", "Critical"] = "Normal"
    actions: list[NotificationActionBody] = Field(default_factory=list, max_length=5)


class PreferencesBody(Body):
    """All preferences; what is left out is as it is for everybody."""

    channels: dict[str, bool] = Field(default_factory=dict, description="in_app.")
    quiet_hours: dict[str, Any] | None = Field(default=None, description="{start, end, timezone}.")
    types: dict[str, bool] = Field(default_factory=dict)
    topics: dict[str, bool] = Field(default_factory=dict, description="Topics, or patterns of them.")
    max_per_hour: int = 100


BODIES: dict[str, type[Body]] = {
    "create_notification": NotificationBody,
    "set_notification_preferences": PreferencesBody,
}
