"""The tenant's key goes before the stage's, and a key that nobody has is asked for by name."""

import pytest

from heddle.adapters.memory.secrets import MemorySecrets
from heddle.adapters.models.keys import ABSENT_SECONDS, ProviderKeys
from heddle.application.ports.secrets import Secrets
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError, NotFound, UpstreamUnavailable

STAGE = {"OPENAI_API_KEY": "of-the-stage"}


class Counting(Secrets):
    """Secrets that count how often they are asked; `broken` ones do not answer."""

    def __init__(self, values: dict[tuple[str, str], str], *, broken: bool = False) -> None:
        self.values, self.broken, self.asked = values, broken, 0

    def get(self, tenant: str, name: str) -> str:
        self.asked += 1
        if self.broken:
            raise UpstreamUnavailable("throttled")
        if (tenant, name) not in self.values:
            raise NotFound("none")
        return self.values[(tenant, name)]


def test_the_tenants_own_key_goes_before_the_stages() -> None:
    keys = ProviderKeys(MemorySecrets({("acme", "openai-api-key"): "of-acme\n"}), STAGE)

    assert keys("acme", "openai") == "of-acme"
    assert keys("other", "openai") == "of-the-stage"


def test_a_key_that_nobody_has_is_asked_for_by_the_name_of_the_secret() -> None:
    with pytest.raises(NodeError) as caught:
        ProviderKeys(MemorySecrets(), STAGE)("acme", "anthropic")

    assert (caught.value.code, caught.value.retryable) == ("llm_auth", False)
    assert "anthropic-api-key" in caught.value.message
    assert caught.value.details["secret"] == "anthropic-api-key"


def test_a_provider_without_keys_needs_none() -> None:
    assert ProviderKeys(MemorySecrets(), {})("acme", "extractive") is None


def test_a_tenant_without_a_key_is_asked_about_once_a_minute() -> None:
    secrets, clock = Counting({}), [0.0]
    keys = ProviderKeys(secrets, STAGE, lambda: clock[0])

    assert {keys("acme", "openai") for _ in range(5)} == {"of-the-stage"}
    assert secrets.asked == 1
    secrets.values["acme", "openai-api-key"] = "of-acme"
    clock[0] = ABSENT_SECONDS

    assert keys("acme", "openai") == "of-acme"


def test_a_key_created_after_the_error_is_used_at_once() -> None:
    secrets = Counting({})
    keys = ProviderKeys(secrets, {})
    with pytest.raises(NodeError):
        keys("acme", "openai")
    secrets.values["acme", "openai-api-key"] = "of-acme"

    assert keys("acme", "openai") == "of-acme"


def test_the_stages_key_does_not_stand_in_for_one_that_cannot_be_read() -> None:
    with pytest.raises(NodeError) as caught:
        ProviderKeys(Counting({}, broken=True), STAGE)("acme", "openai")

    assert (caught.value.code, caught.value.retryable) == ("llm_unavailable", True)


def test_a_provider_of_a_tenants_own_has_a_secret_by_its_name_or_the_one_that_it_names() -> None:
    secrets = MemorySecrets({("acme", "ours-api-key"): "one", ("acme", "gateway"): "two"})
    keys = ProviderKeys(secrets, STAGE)

    assert keys.of("acme", ProviderConfig("ours", "openai")) == "one"
    assert keys.of("acme", ProviderConfig("ours", "openai", secret="gateway")) == "two"


@pytest.mark.parametrize("kind", ["azure-openai", "ollama", "openai-compatible", "openai", "gemini"])
def test_the_stages_key_is_never_for_an_address_that_a_tenant_chose(kind: str) -> None:
    stage = dict.fromkeys(("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "GEMINI_API_KEY"), "of-the-stage")
    config = ProviderConfig("ours", kind, base_url="https://elsewhere.example/v1")

    try:
        key = ProviderKeys(MemorySecrets(), stage).of("acme", config)
    except NodeError as error:
        key = error.code

    assert key == (None if kind in ("ollama", "openai-compatible") else "llm_auth")


def test_the_stages_key_is_for_the_stages_own_address() -> None:
    stage = {"AZURE_OPENAI_API_KEY": "of-the-stage", "AZURE_OPENAI_ENDPOINT": "https://ours.example"}
    keys = ProviderKeys(MemorySecrets(), stage)

    assert keys("acme", "azure-openai") == "of-the-stage"
    assert keys.of("acme", ProviderConfig("mine", "azure-openai", base_url="https://ours.example")) == "of-the-stage"


def test_a_provider_that_needs_no_key_is_asked_about_once_a_minute() -> None:
    secrets = Counting({})
    keys = ProviderKeys(secrets, {})
    config = ProviderConfig("ours", "ollama", base_url="https://ours.example")

    assert {keys.of("acme", config) for _ in range(5)} == {None}
    assert secrets.asked == 1
