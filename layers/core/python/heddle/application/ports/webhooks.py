"""Webhooks on their way to a tenant's server."""

from collections.abc import Mapping
from typing import Protocol


class WebhookQueue(Protocol):
    """What takes webhooks to be signed and delivered, at least once, by and by."""

    def send(self, tenant: str, *, webhook_id: str, url: str, type: str, data: Mapping[str, object]) -> None:
        """Take one webhook; whoever returns from here need not think of it again.

        The receiver gets `{"type", "timestamp", "data"}`, and in a header `webhook_id`, the same one however often it
        is sent: give what happened an id of its own, and the receiver knows a repetition. `url` was looked at by
        `check_url`. PayloadTooLarge `webhook_too_large` above 200 KiB of `data`.
        """
        ...
