"""What the store of webhooks' secrets promises, whatever keeps them."""

import pytest

from heddle.domain.webhooks.secret import SecretState
from heddle.errors import VersionConflict
from tests.contract.aws import Stores


def test_a_tenant_begins_with_the_first_generation(stores: Stores, tenant: str) -> None:
    assert stores.webhook_secrets.get(tenant) == SecretState(1, None)


def test_what_was_kept_comes_back(stores: Stores, tenant: str) -> None:
    for state in (SecretState(2, "2026-01-02T12:00:00+00:00"), SecretState(3, None)):
        stores.webhook_secrets.put(tenant, state)
        assert stores.webhook_secrets.get(tenant) == state


@pytest.mark.parametrize("late", [2, 3, 5])
def test_of_two_who_rotate_at_once_one_wins(stores: Stores, tenant: str, late: int) -> None:
    for generation in (2, 3):
        stores.webhook_secrets.put(tenant, SecretState(generation))

    with pytest.raises(VersionConflict):
        stores.webhook_secrets.put(tenant, SecretState(late))
    assert stores.webhook_secrets.get(tenant).generation == 3


def test_a_second_first_rotation_loses_too(stores: Stores, tenant: str) -> None:
    stores.webhook_secrets.put(tenant, SecretState(2))

    with pytest.raises(VersionConflict):
        stores.webhook_secrets.put(tenant, SecretState(2))


def test_another_tenant_has_a_secret_of_its_own(stores: Stores, tenant: str, stranger: str) -> None:
    stores.webhook_secrets.put(tenant, SecretState(2))

    assert stores.webhook_secrets.get(stranger) == SecretState(1, None)
