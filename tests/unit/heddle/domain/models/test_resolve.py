"""Which models a name stands for."""

import pytest

from heddle.domain.models.catalogue import facts
from heddle.domain.models.resolve import MODELS, NEXT_MAY_HELP, StageProviders, aliases, candidates, default_model
from heddle.domain.models.settings import ModelRef, ModelSettings, ProviderConfig
from heddle.errors import NodeError

STAGE = StageProviders(
    {
        "openai": ProviderConfig("openai", "openai"),
        "anthropic": ProviderConfig("anthropic", "anthropic"),
        "bedrock": ProviderConfig("bedrock", "bedrock"),
    },
    "openai",
)
NOTHING = ModelSettings()


def names(settings: ModelSettings, name: str | None, stage: StageProviders = STAGE) -> list[str]:
    return [str(each.ref) for each in candidates(settings, stage, name)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, "openai/gpt-5-mini"),
        ("", "openai/gpt-5-mini"),
        ("default", "openai/gpt-5-mini"),
        ("fast", "openai/gpt-6-luna"),
        ("best", "openai/gpt-6.1-sol"),
        ("embed", "openai/text-embedding-3-small"),
        ("anthropic", "anthropic/claude-haiku-4-5"),
        ("anthropic/claude-opus-4-5", "anthropic/claude-opus-4-5"),
        ("openai/ft:gpt-4o:acme/x", "openai/ft:gpt-4o:acme/x"),
        ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("us.amazon.nova-pro-v1:0", "bedrock/us.amazon.nova-pro-v1:0"),
        ("extractive", "extractive"),
    ],
)
def test_a_tenant_without_settings_has_the_stages_providers(name: str | None, expected: str) -> None:
    assert names(NOTHING, name) == [expected]


def test_without_any_provider_the_built_in_one_answers() -> None:
    bare = StageProviders({})

    assert [names(NOTHING, name, bare) for name in (None, "fast", "best", "embed")] == [["extractive"]] * 4


def test_a_provider_that_does_not_embed_leaves_it_to_the_built_in_one() -> None:
    stage = StageProviders(STAGE.providers, "anthropic")

    assert names(NOTHING, "embed", stage) == ["extractive"]


def test_an_alias_of_the_tenant_is_a_chain_in_order() -> None:
    chain = (ModelRef("anthropic", "claude-opus-4-5"), ModelRef("bedrock", "amazon.nova-pro-v1:0"), ModelRef("openai"))
    settings = ModelSettings(aliases={"best": chain})

    found = candidates(settings, STAGE, "best")

    assert [str(each.ref) for each in found] == [
        "anthropic/claude-opus-4-5",
        "bedrock/amazon.nova-pro-v1:0",
        "openai/gpt-5-mini",
    ]
    assert {each.alias for each in found} == {"best"}


def test_a_tenants_provider_takes_the_place_of_the_stages() -> None:
    own = ProviderConfig("openai", "openai", default_model="gpt-4o")

    assert names(ModelSettings(providers={"openai": own}), None) == ["openai/gpt-4o"]
    assert default_model(own) == "gpt-4o"


def test_an_alias_wins_over_a_provider_of_the_same_name() -> None:
    settings = ModelSettings(aliases={"openai": (ModelRef("bedrock", "amazon.nova-lite-v1:0"),)})

    assert names(settings, "openai") == ["bedrock/amazon.nova-lite-v1:0"]


def test_an_unknown_name_is_refused_with_what_there_is() -> None:
    with pytest.raises(NodeError) as caught:
        candidates(ModelSettings(aliases={"careful": (ModelRef("openai"),)}), STAGE, "carefull")

    assert caught.value.code == "llm_model_unknown"
    assert not caught.value.retryable
    assert "did you mean 'careful'" in caught.value.message
    assert caught.value.details["providers"] == ["anthropic", "bedrock", "extractive", "openai"]
    assert "careful" in caught.value.details["aliases"]


def test_an_unknown_provider_is_named() -> None:
    with pytest.raises(NodeError, match="there is no provider 'azure'") as caught:
        candidates(NOTHING, STAGE, "azure/gpt-4o")

    assert caught.value.code == "llm_model_unknown"


def test_a_model_that_several_providers_have_must_be_named_with_one() -> None:
    settings = ModelSettings(providers={"openai-eu": ProviderConfig("openai-eu", "openai")})

    with pytest.raises(NodeError, match="openai/gpt-4o, openai-eu/gpt-4o") as caught:
        candidates(settings, STAGE, "gpt-4o")

    assert caught.value.code == "llm_model_unknown"


def test_a_deployment_is_known_to_the_provider_that_names_it() -> None:
    azure = ProviderConfig("azure", "azure-openai", profiles={"gpt-4o": "our-chat"})

    assert names(ModelSettings(providers={"azure": azure}), "our-chat") == ["azure/our-chat"]
    assert names(ModelSettings(providers={"azure": azure}), "azure/gpt-4o") == ["azure/our-chat"], "it is what is asked"


def test_a_provider_that_is_switched_off_is_left_out_of_chains_and_refused_alone() -> None:
    off = ProviderConfig("anthropic", "anthropic", enabled=False)
    settings = ModelSettings(
        providers={"anthropic": off}, aliases={"best": (ModelRef("anthropic"), ModelRef("openai", "gpt-5"))}
    )

    assert names(settings, "best") == ["openai/gpt-5"]
    with pytest.raises(NodeError, match="anthropic is switched off") as caught:
        candidates(settings, STAGE, "anthropic/claude-opus-4-5")
    assert caught.value.code == "llm_provider_unavailable"


def test_a_chain_forgets_providers_that_the_stage_has_lost() -> None:
    settings = ModelSettings(aliases={"a": (ModelRef("gone", "x"), ModelRef("openai")), "b": (ModelRef("gone", "x"),)})

    assert names(settings, "a") == ["openai/gpt-5-mini"]
    with pytest.raises(NodeError, match="no longer exist"):
        candidates(settings, STAGE, "b")


def test_every_tenant_has_the_built_in_aliases() -> None:
    assert set(aliases(NOTHING, STAGE)) == {"default", "fast", "best", "embed"}


@pytest.mark.parametrize("code", ["llm_refused", "llm_bad_request", "llm_context_too_long", "budget_exceeded"])
def test_what_is_not_of_the_provider_does_not_lead_to_the_next(code: str) -> None:
    assert code not in NEXT_MAY_HELP


@pytest.mark.parametrize(("kind", "alias"), [(kind, alias) for kind, models in MODELS.items() for alias in models])
def test_every_model_of_a_built_in_alias_is_in_the_table_with_a_price(kind: str, alias: str) -> None:
    found = facts(kind, MODELS[kind][alias])

    assert found is not None
    assert found.prices
