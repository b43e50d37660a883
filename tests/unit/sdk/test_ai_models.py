"""Models and providers from Python, against the whole API."""

from decimal import Decimal

import pytest

from heddle.runtime.api.ports import ApiSettings
from heddle.testing.api import ApiStage
from heddle_sdk import Client
from heddle_sdk.errors import ApiError, NotFound
from tests.support.stage_client import client_of


@pytest.fixture
def client() -> Client:
    return client_of(ApiStage(ApiSettings("test", "0.1.0", default_provider="openai")))


def test_aliases_and_models_come_with_their_prices(client: Client) -> None:
    default = next(each for each in client.models.aliases() if each.name == "default")

    assert (default.built_in, default.answers) == (True, "openai/gpt-5-mini")
    assert default.chain[0].price is not None
    assert default.chain[0].price["input_per_million"] == "0.25"
    assert "anthropic/claude-opus-4-5" in [each.ref for each in client.models.list(provider="anthropic")]


def test_an_alias_is_set_and_removed(client: Client) -> None:
    version = client.models.set_alias("careful", "anthropic/claude-opus-4-5", "openai")

    found = {each.name: each for each in client.models.aliases()}["careful"]
    assert (version, [link.ref for link in found.chain]) == (1, ["anthropic/claude-opus-4-5", "openai/gpt-5-mini"])
    client.models.delete_alias("careful")
    with pytest.raises(NotFound):
        client.models.delete_alias("careful")


def test_a_stale_version_is_refused(client: Client) -> None:
    client.models.set_alias("careful", "openai")

    with pytest.raises(ApiError) as caught:
        client.models.set_alias("careful", "anthropic", expected_version=0)
    assert caught.value.code == "version_conflict"


def test_models_are_compared_and_the_cheapest_is_found(client: Client) -> None:
    found = client.models.compare("openai/gpt-5", "openai/gpt-5-mini", calls_per_day=10)
    cheapest = client.models.cheapest("best", "fast")

    assert (found.cheaper, found.a.cost_usd, found.b.cost_usd) == ("b", "0.00225", "0.00045")
    assert [each.ref for each in cheapest] == ["openai/gpt-6-luna", "openai/gpt-6.1-sol"]


def test_texts_and_chats_are_counted(client: Client) -> None:
    assert client.models.count("hello world").tokens == 2
    assert client.models.count(["hello world", "hello"]).tokens == 3
    assert client.models.count([{"role": "user", "content": "hello world"}], "anthropic").method == "claude"


def test_own_prices_are_saved_as_decimals(client: Client) -> None:
    price = {
        "provider": "openai",
        "model": "gpt-5-mini",
        "input_per_million": Decimal("0.2"),
        "output_per_million": "1.6",
        "effective_from": "2026-01-01T00:00:00Z",
    }

    client.models.save_settings(prices=[price], price_ceiling={"input_per_million": "9", "output_per_million": "9"})

    assert client.models.settings()["prices"][0]["input_per_million"] == "0.2"


def test_a_provider_is_configured_without_its_key(client: Client) -> None:
    saved = client.providers.save("azure", "azure-openai", base_url="https://acme.openai.azure.com")

    assert (saved.secret, {each.name: each.own for each in client.providers.list()}["azure"]) == ("azure-api-key", True)
    with pytest.raises(ApiError) as caught:
        client.providers.save("azure", "azure-openai", base_url="https://acme.openai.azure.com", api_key="sk-x")
    assert caught.value.code == "secret_in_body"
    client.providers.delete("azure")
