"""Webhooks on their way to a tenant's server, and the secrets they are signed with."""

from collections.abc import Mapping
from typing import Protocol

from heddle.domain.webhooks.secret import SecretState
from heddle.domain.webhooks.webhook import Delivery
from heddle.records import dataclass


class WebhookQueue(Protocol):
    """What takes webhooks to be signed and delivered, at least once, by and by."""

    def send(self, tenant: str, *, webhook_id: str, url: str, type: str, data: Mapping[str, object]) -> None:
        """Take one webhook; whoever returns from here need not think of it again.

        The receiver gets `{"type", "timestamp", "data"}`, and in a header `webhook_id`, the same one however often it
        is sent: give what happened an id of its own, and the receiver knows a repetition. `url` was looked at by
        `check_url`. PayloadTooLarge `webhook_too_large` above 32 KiB of `data`.
        """
        ...


class Deliveries(Protocol):
    """The queue of attempts, fair between tenants."""

    def put(self, delivery: Delivery) -> None:
        """Put an attempt in. It may come out before it is due: then it is put in again."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receiver answered; `wait` is for how many seconds it wants to be left alone."""

    status: int
    wait: float | None = None


class WebhookPost(Protocol):
    """What sends a webhook."""

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        """POST it and return the answer, whatever it is, without following it anywhere else.

        Raises the NodeErrors of an address that must not be called (`http_bad_url`, `http_blocked_address`) and of one
        that does not answer.
        """
        ...


class WebhookSecretStore(Protocol):
    """How often each tenant's secret was made anew."""

    def get(self, tenant: str) -> SecretState:
        """Return it; of a tenant that has rotated nothing, the first one. Strongly consistent."""
        ...

    def put(self, tenant: str, state: SecretState) -> None:
        """Keep it behind generation `state.generation - 1`; VersionConflict if somebody was quicker."""
        ...
