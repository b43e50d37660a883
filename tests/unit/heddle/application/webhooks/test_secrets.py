"""A tenant has a secret without anybody having made one, and two for a while after it asked for another."""

from datetime import UTC, datetime, timedelta

import pytest

from heddle.adapters.memory.secrets import MemorySecrets
from heddle.adapters.memory.webhooks import MemoryWebhookSecretStore
from heddle.application.triggers.hook_secrets import HookSecrets
from heddle.application.webhooks.secrets import WebhookSecrets
from heddle.domain.triggers.trigger import Trigger
from heddle.domain.webhooks.signature import signing_key


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secrets(clock: Clock) -> WebhookSecrets:
    return WebhookSecrets(lambda: b"the stage's key", MemoryWebhookSecretStore(), clock)


def test_a_secret_is_there_from_the_beginning_and_stays(secrets: WebhookSecrets) -> None:
    first = secrets.newest("acme")

    assert first == secrets.newest("acme")
    assert secrets.live("acme") == (first.secret,)
    assert first.secret.startswith("whsec_")
    assert len(signing_key(first.secret)) == 32


def test_no_tenant_has_the_secret_of_another(secrets: WebhookSecrets) -> None:
    assert secrets.newest("acme").secret != secrets.newest("globex").secret
    secrets.rotate("acme", overlap_hours=24)
    assert len(secrets.live("globex")) == 1


def test_the_one_before_signs_as_long_as_it_was_given(secrets: WebhookSecrets, clock: Clock) -> None:
    before = secrets.newest("acme").secret

    made = secrets.rotate("acme", overlap_hours=24)

    assert made.previous_until == (clock.moment + timedelta(hours=24)).isoformat()
    assert secrets.live("acme") == (made.secret, before)
    clock.moment += timedelta(hours=24)
    assert secrets.live("acme") == (made.secret,)
    assert secrets.newest("acme").previous_until is None


def test_a_secret_that_got_out_can_be_ended_at_once(secrets: WebhookSecrets) -> None:
    leaked = secrets.newest("acme").secret

    made = secrets.rotate("acme", overlap_hours=0)

    assert secrets.live("acme") == (made.secret,)
    assert made.secret != leaked


def test_at_most_two_live_however_often_it_is_rotated(secrets: WebhookSecrets) -> None:
    made = [secrets.rotate("acme", overlap_hours=168).secret for _ in range(3)]

    assert secrets.live("acme") == (made[2], made[1])


def test_secrets_of_triggers_are_others(secrets: WebhookSecrets) -> None:
    # They are made from the same key: what is signed with the one must never be taken for the other.
    hooks = HookSecrets(lambda: b"the stage's key", MemorySecrets())
    config = {"secrets": [], "generation": 1, "previous_until": None}

    for tenant, trigger_id in (("acme", "webhooks"), ("webhooks", "acme")):
        assert (
            hooks.newest(Trigger(trigger_id, tenant, "orders", "webhook", "w", config)) != secrets.newest("acme").secret
        )
