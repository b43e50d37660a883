"""What goes between people, and out to the servers of tenants."""

from functools import cached_property
from typing import TYPE_CHECKING

from heddle.runtime.api.use_cases.base import UseCases

if TYPE_CHECKING:
    from heddle.application.ports.webhooks import WebhookQueue
    from heddle.application.realtime.change_rules import ChangeRules
    from heddle.application.realtime.history import ReadHistory
    from heddle.application.realtime.people import People


class MessageUseCases(UseCases):
    """Messages, their history and rules; webhooks."""

    @cached_property
    def people(self) -> "People":
        """Messages, presence, notifications."""
        return self.ports.people

    @cached_property
    def read_history(self) -> "ReadHistory":
        """Read what people wrote."""
        from heddle.application.realtime.history import ReadHistory

        return ReadHistory(self.people.messages)

    @cached_property
    def change_rules(self) -> "ChangeRules":
        """Change rules for what clients send."""
        from heddle.application.realtime.change_rules import ChangeRules

        return ChangeRules(self.ports.rules)

    @cached_property
    def send_webhook(self) -> "WebhookQueue":
        """Take webhooks for tenants' servers."""
        from heddle.application.webhooks.send_webhook import SendWebhook

        return SendWebhook(self.ports.deliveries, self.now)
