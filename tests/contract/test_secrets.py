"""What every Secrets promises."""

import pytest

from heddle.errors import NotFound
from tests.contract.benches import SecretsBench


def test_a_secret_is_its_tenants_and_nobody_elses(vault: SecretsBench, tenant: str, stranger: str) -> None:
    vault.create(tenant, "api-key", "sk-ü")

    assert vault.secrets.get(tenant, "api-key") == "sk-ü"
    with pytest.raises(NotFound):
        vault.secrets.get(stranger, "api-key")


def test_an_absent_secret_is_not_found_and_named(vault: SecretsBench, tenant: str) -> None:
    with pytest.raises(NotFound) as caught:
        vault.secrets.get(tenant, "api-key")

    assert (caught.value.code, caught.value.details["name"]) == ("secret_not_found", "api-key")


def test_a_deleted_secret_is_not_found(vault: SecretsBench, tenant: str) -> None:
    vault.create(tenant, "api-key", "sk")
    vault.delete(tenant, "api-key")

    with pytest.raises(NotFound):
        vault.secrets.get(tenant, "api-key")


def test_no_name_leads_to_another_tenants_secret(vault: SecretsBench, tenant: str, stranger: str) -> None:
    vault.create(stranger, "api-key", "sk")

    for who, name in ((tenant, f"../{stranger}/api-key"), ("", f"{stranger}/api-key"), (tenant, ""), (tenant, "/")):
        with pytest.raises(NotFound):
            vault.secrets.get(who, name)
