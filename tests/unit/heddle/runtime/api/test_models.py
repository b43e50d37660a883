"""Providers, aliases, prices and counts through the API."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from heddle.domain.models.breaker import Circuit
from heddle.runtime.api.ports import ApiSettings
from heddle.testing.api import ApiAnswer, ApiStage, Caller

AZURE = {"kind": "azure-openai", "base_url": "https://acme.openai.azure.com", "profiles": {"gpt-4o": "our-chat"}}


@pytest.fixture
def stage() -> Iterator[ApiStage]:
    """Return a stage whose tenants ask OpenAI unless they say otherwise, and that allows one host beside it."""
    settings = ApiSettings("test", "0.1.0", default_provider="openai", allowed_hosts=("ollama.test", "127.0.0.1:8080"))
    yield ApiStage(settings)


def fields(answer: ApiAnswer) -> list[str]:
    return [error["field"] for error in answer.json["errors"]]


def alias(answer: ApiAnswer, name: str) -> Any:
    return next(each for each in answer.json["aliases"] if each["name"] == name)


# --- what there is


def test_a_tenant_without_settings_sees_the_built_in_aliases_with_their_prices(viewer: Caller) -> None:
    found = viewer.get("/models")

    default = alias(found, "default")
    assert [each["name"] for each in found.json["aliases"]] == ["default", "fast", "best", "embed"]
    assert (default["built_in"], default["answers"]) == (True, "openai/gpt-5-mini")
    assert default["chain"][0]["context_window"] == 400_000
    assert default["chain"][0]["price"]["input_per_million"] == "0.25"
    assert default["chain"][0]["price"]["source"].startswith("genai-prices ")
    assert found.json["version"] == 0


def test_every_known_model_of_a_provider_is_listed_when_asked_for(viewer: Caller) -> None:
    anthropic = viewer.get("/models?provider=anthropic").json["models"]
    bedrock = viewer.get("/models?provider=bedrock").json["models"]
    refused = viewer.get("/models?provider=nobody")

    assert {"anthropic/claude-haiku-4-5", "anthropic/claude-opus-4-5"} <= {model["ref"] for model in anthropic}
    assert [model["ref"] for model in bedrock if model["price"] is None] == []
    assert (refused.status, fields(refused)) == (400, ["provider"])


def test_a_chain_is_shown_with_who_answers_now(admin: Caller) -> None:
    admin.put("/providers/anthropic", {"kind": "anthropic", "enabled": False})
    admin.put("/model-aliases/best", {"models": ["anthropic/claude-opus-4-5", "openai"]})

    best = alias(admin.get("/models"), "best")

    assert (best["built_in"], best["answers"]) == (False, "openai/gpt-5-mini")
    assert [(link["ref"], link["enabled"]) for link in best["chain"]] == [
        ("anthropic/claude-opus-4-5", False),
        ("openai/gpt-5-mini", True),
    ]


def test_providers_are_listed_with_their_breakers_and_never_with_a_key(stage: ApiStage, admin: Caller) -> None:
    opened = stage.now().timestamp()
    stage.ports.circuits.write("acme", "openai", Circuit((), opened), forget_at=stage.now() + timedelta(hours=1))
    admin.put("/providers/azure", AZURE)

    items = {item["name"]: item for item in admin.get("/providers").json["items"]}

    assert set(items) == {"extractive", "bedrock", "openai", "anthropic", "gemini", "azure"}
    assert (items["openai"]["circuit"], items["bedrock"]["circuit"]) == ("open", "closed")
    assert (items["azure"]["own"], items["azure"]["secret"], items["openai"]["own"]) == (True, "azure-api-key", False)
    assert items["openai"]["aliases"] == ["best", "default", "embed", "fast"]


# --- providers


def test_a_provider_is_configured_used_and_removed(admin: Caller) -> None:
    saved = admin.put("/providers/azure", AZURE)

    assert (saved.status, saved.json["version"], saved.headers["etag"]) == (200, 1, '"1"')
    assert admin.post("/models/count", {"model": "azure/our-chat", "text": "hi"}).json["method"] == "o200k"
    assert admin.delete("/providers/azure").status == 204
    assert admin.delete("/providers/azure").json["code"] == "provider_not_found"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "watson"}, "kind"),
        ({"kind": "azure-openai"}, "base_url"),
        ({"kind": "ollama"}, "base_url"),
        ({"kind": "openai-compatible", "base_url": "http://models.example.com/v1"}, "base_url"),
        ({"kind": "azure-openai", "base_url": "http://ollama.test"}, "base_url"),
        ({"kind": "azure-openai", "base_url": "ftp://acme.openai.azure.com"}, "base_url"),
        ({"kind": "azure-openai", "base_url": "https://me:pw@acme.openai.azure.com"}, "base_url"),
        ({"kind": "azure-openai", "base_url": "https://acme.openai.azure.com/?api=1"}, "base_url"),
        ({"kind": "openai-compatible", "base_url": "https://169.254.169.254/latest"}, "base_url"),
        ({"kind": "openai-compatible", "base_url": "https://[::1]/v1"}, "base_url"),
        ({"kind": "openai-compatible", "base_url": "https://0x7f000001/v1"}, "base_url"),
        ({"kind": "openai-compatible", "base_url": "https://metadata.google.internal/v1"}, "base_url"),
        ({"kind": "openai-compatible", "base_url": "https://localhost/v1"}, "base_url"),
        ({"kind": "bedrock", "base_url": "https://example.com"}, "base_url"),
        ({"kind": "openai", "base_url": "https://example.com/v1"}, "base_url"),
        ({"kind": "bedrock", "region": "frankfurt"}, "region"),
        ({"kind": "openai", "region": "eu-central-1"}, "region"),
        ({"kind": "bedrock", "guardrail": "g1"}, "guardrail_version"),
        ({"kind": "bedrock", "guardrail_version": "1"}, "guardrail_version"),
        ({"kind": "openai", "profiles": {"a": "b"}}, "profiles"),
        ({"kind": "openai", "secret": "no spaces allowed"}, "secret"),
    ],
)
def test_a_provider_that_cannot_work_is_refused_and_not_saved(admin: Caller, body: dict[str, Any], field: str) -> None:
    answer = admin.put("/providers/mine", body)

    assert (answer.status, answer.json["code"], fields(answer)) == (400, "invalid_body", [field])
    assert admin.get("/providers").json["version"] == 0


@pytest.mark.parametrize(
    "url", ["http://ollama.test:11434", "http://127.0.0.1:8080/v1", "https://models.example.com/v1"]
)
def test_a_model_server_beside_the_stage_is_reached_where_the_stage_allows_it(admin: Caller, url: str) -> None:
    assert admin.put("/providers/mine", {"kind": "openai-compatible", "base_url": url}).status == 200


@pytest.mark.parametrize("name", ["Azure", "9lives", "a%20b", "x" * 64])
def test_a_provider_has_a_plain_name(admin: Caller, name: str) -> None:
    answer = admin.put(f"/providers/{name}", {"kind": "openai"})

    assert (answer.status, fields(answer)) == (400, ["name"])


@pytest.mark.parametrize("field", ["api_key", "apiKey", "key", "token", "password", "credentials", "Authorization"])
def test_a_key_is_not_taken_and_not_repeated(admin: Caller, field: str) -> None:
    answer = admin.put("/providers/mine", {"kind": "openai", field: "sk-very-secret"})

    assert (answer.status, answer.json["code"]) == (400, "secret_in_body")
    assert "mine-api-key" in answer.json["detail"]
    assert "very-secret" not in answer.body


def test_a_key_in_the_place_of_a_secrets_name_is_not_taken(admin: Caller) -> None:
    answer = admin.put("/providers/mine", {"kind": "openai", "secret": "sk-proj-abcdef"})

    assert (answer.json["code"], fields(answer)) == ("secret_in_body", ["secret"])
    assert "abcdef" not in answer.body


def test_a_provider_that_an_alias_uses_is_not_removed(admin: Caller) -> None:
    admin.put("/providers/azure", AZURE)
    admin.put("/model-aliases/careful", {"models": ["openai", "azure/our-chat"]})

    refused = admin.delete("/providers/azure")

    assert (refused.status, refused.json["code"]) == (409, "provider_in_use")
    assert "careful" in refused.json["detail"]
    admin.delete("/model-aliases/careful")
    assert admin.delete("/providers/azure").status == 204


def test_removing_what_stood_over_the_stages_provider_brings_that_back(admin: Caller) -> None:
    admin.put("/providers/openai", {"kind": "openai", "default_model": "gpt-4o"})
    admin.put("/model-aliases/careful", {"models": ["openai"]})
    before = alias(admin.get("/models"), "careful")["answers"]

    removed = admin.delete("/providers/openai")

    assert removed.status == 204
    assert (before, alias(admin.get("/models"), "careful")["answers"]) == ("openai/gpt-4o", "openai/gpt-5-mini")


# --- aliases


@pytest.mark.parametrize(
    ("chain", "field"),
    [
        (["azure/gpt-4o"], "models.0"),
        (["openai", "nobody"], "models.1"),
        (["best"], "models.0"),
        (["openai/gpt-5", "openai/gpt-5"], "models.1"),
    ],
)
def test_a_chain_names_models_of_known_providers_once(admin: Caller, chain: list[str], field: str) -> None:
    answer = admin.put("/model-aliases/careful", {"models": chain})

    assert (answer.status, fields(answer)) == (400, [field])
    assert admin.get("/models").json["version"] == 0


def test_an_alias_cannot_stand_for_an_alias_so_there_is_no_cycle(admin: Caller) -> None:
    answer = admin.put("/model-aliases/fast", {"models": ["fast"]})

    assert "an alias stands for models" in answer.json["errors"][0]["message"]


def test_an_alias_that_is_removed_is_gone_or_built_in_again(admin: Caller) -> None:
    for name in ("careful", "best"):
        admin.put(f"/model-aliases/{name}", {"models": ["anthropic/claude-opus-4-5"]})
        assert admin.delete(f"/model-aliases/{name}").status == 204
        assert admin.delete(f"/model-aliases/{name}").json["code"] == "alias_not_found"

    assert admin.post("/models/count", {"model": "careful", "text": "x"}).status == 404
    assert alias(admin.get("/models"), "best")["answers"] == "openai/gpt-6.1-sol"


# --- versions


def test_a_change_behind_another_version_is_refused(admin: Caller) -> None:
    admin.put("/providers/azure", AZURE)

    stale = admin.put("/model-aliases/a", {"models": ["openai"]}, If_Match='"0"')
    also = admin.put("/model-aliases/a", {"models": ["openai"], "expected_version": 7})
    fresh = admin.put("/model-aliases/a", {"models": ["openai"]}, If_Match='"1"')

    assert [(each.status, each.json["code"]) for each in (stale, also)] == [(409, "version_conflict")] * 2
    assert (fresh.status, fresh.json["version"]) == (200, 2)
    assert admin.delete("/model-aliases/a", If_Match='"1"').status == 409


@pytest.mark.parametrize("header", ["x", "*", '"-1"', '"1.5"'])
def test_an_if_match_that_is_no_version_is_refused(admin: Caller, header: str) -> None:
    answer = admin.put("/model-aliases/a", {"models": ["openai"]}, If_Match=header)

    assert (answer.status, answer.json["code"]) == (400, "invalid_header")


# --- prices


def price(**values: Any) -> dict[str, Any]:
    base = {"provider": "openai", "model": "gpt-5-mini", "input_per_million": "0.2", "output_per_million": "1.6"}
    return {**base, "effective_from": "2026-01-01T00:00:00Z", **values}


def test_own_prices_and_a_ceiling_are_saved_and_used(admin: Caller) -> None:
    body = {"prices": [price()], "price_ceiling": {"input_per_million": "20", "output_per_million": "80"}}

    saved = admin.put("/model-settings", {**body, "cache_seconds": 60})

    assert (saved.status, admin.get("/model-settings").json) == (200, saved.json)
    own = admin.post("/models/count", {"text": "x"}).json["price"]
    ceiling = admin.post("/models/count", {"model": "openai/gpt-unheard-of", "text": "x"}).json["price"]
    assert (own["input_per_million"], own["source"], own["freshness"]) == ("0.2", "tenant 2026-01-01", None)
    assert (ceiling["output_per_million"], ceiling["origin"]) == ("80", "ceiling")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prices": [price(input_per_million="-1")]}, "prices.0.input_per_million"),
        ({"prices": [price(output_per_million="free")]}, "prices.0.output_per_million"),
        ({"prices": [price(input_per_million=0.2)]}, "prices.0.input_per_million"),
        ({"prices": [price(effective_from="2026-11-01T00:00:00")]}, "prices.0.effective_from"),
        ({"prices": [price(effective_from="soon")]}, "prices.0.effective_from"),
        ({"prices": [price(provider="nobody")]}, "prices.0.provider"),
        ({"prices": [price(model=" ")]}, "prices.0.model"),
        ({"prices": [price(), price(effective_from="2026-01-01T01:00:00+01:00")]}, "prices.1"),
        ({"price_ceiling": {"input_per_million": "1"}}, "price_ceiling.output_per_million"),
        ({"cache_seconds": -1}, "cache_seconds"),
    ],
)
def test_a_price_that_is_none_is_refused(admin: Caller, body: dict[str, Any], field: str) -> None:
    answer = admin.put("/model-settings", body)

    assert (answer.status, fields(answer)) == (400, [field])
    assert admin.get("/model-settings").json["version"] == 0


# --- comparing


def test_two_models_are_compared_with_what_a_month_would_cost(viewer: Caller) -> None:
    found = viewer.get(
        "/models/compare?a=openai/gpt-5-mini&b=openai/gpt-5&input_tokens=1000&output_tokens=100&calls_per_day=1000"
    ).json

    assert (found["a"]["cost_usd"], found["b"]["cost_usd"]) == ("0.00045", "0.00225")
    assert (found["cheaper"], found["saving_usd"], found["saving_percent"]) == ("a", "0.0018", "80.00")
    assert (found["a"]["monthly_cost_usd"], found["monthly_saving_usd"]) == ("13.5", "54")


@pytest.mark.parametrize(
    ("name", "status", "code"), [("nobody/x", 404, "llm_model_unknown"), ("openai/gpt-x", 409, "llm_model_unpriced")]
)
def test_what_cannot_be_compared_is_said(viewer: Caller, name: str, status: int, code: str) -> None:
    answer = viewer.get(f"/models/compare?a=default&b={name}")

    assert (answer.status, answer.json["code"]) == (status, code)


def test_the_cheapest_model_of_some_or_of_all(viewer: Caller) -> None:
    some = viewer.get("/models/cheapest?models=openai/gpt-5,fast,default").json["items"]
    all_ = viewer.get("/models/cheapest?input_tokens=100000").json["items"]

    assert [item["ref"] for item in some] == ["openai/gpt-6-luna", "openai/gpt-5-mini", "openai/gpt-5"]
    costs = [float(item["cost_usd"]) for item in all_]
    assert len(all_) == 20
    assert costs == sorted(costs)
    assert all(item["context_window"] >= 100_100 for item in all_), "it must fit"
    assert not [item["ref"] for item in all_ if "embed" in item["ref"]], "it must answer"


# --- counting


def test_a_text_is_counted_exactly_where_the_tokenizer_is_known(viewer: Caller) -> None:
    found = viewer.post("/models/count", {"text": "hello world"}).json

    assert (found["model"], found["tokens"], found["method"], found["exact"]) == ("openai/gpt-5-mini", 2, "o200k", True)
    assert (found["bound"], found["context_left"], found["input_cost_usd"]) == (11, 399_998, "0.0000005")


def test_several_texts_a_chat_and_the_difference_of_another_model(viewer: Caller) -> None:
    several = viewer.post("/models/count", {"texts": ["hello world", ""]}).json
    chat = viewer.post("/models/count", {"messages": [{"role": "user", "content": "hello world"}]}).json
    other = viewer.post("/models/count", {"text": "hello world", "compare_with": "anthropic"}).json

    assert [item["tokens"] for item in several["items"]] == [2, 0]
    assert chat["tokens"] == 3 + 3 + 1 + 2
    assert other["compared"] == {"model": "anthropic/claude-haiku-4-5", "tokens": 3, "difference_percent": "50.00"}


@pytest.mark.parametrize("body", [{}, {"text": "a", "texts": ["b"]}, {"texts": []}, {"messages": []}])
def test_exactly_one_thing_is_counted(viewer: Caller, body: dict[str, Any]) -> None:
    assert viewer.post("/models/count", body).json["code"] == "invalid_body"


def test_another_tenants_settings_change_nothing_here(admin: Caller, stranger: Caller) -> None:
    admin.put("/providers/azure", AZURE)
    admin.put("/model-aliases/best", {"models": ["azure/our-chat"]})

    assert alias(stranger.get("/models"), "best")["answers"] == "openai/gpt-6.1-sol"
    assert stranger.post("/models/count", {"model": "azure/our-chat", "text": "x"}).status == 404
