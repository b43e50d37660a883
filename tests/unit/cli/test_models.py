"""`heddle models` and `heddle providers`, against the whole API."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from heddle.runtime.api.ports import ApiSettings
from heddle.testing.api import ApiStage
from heddle_cli.app import app
from heddle_sdk import Client
from tests.support.stage_client import client_of


@pytest.fixture(autouse=True)
def _stage(monkeypatch: pytest.MonkeyPatch) -> None:
    client: Client = client_of(ApiStage(ApiSettings("test", "0.1.0", default_provider="openai")))
    monkeypatch.setattr("heddle_cli.commands.models.connect", lambda stage, key: client)
    monkeypatch.setattr(client, "close", lambda: None)
    monkeypatch.setattr("heddle_cli.console.out.width", 200)


def heddle(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exit_code == 0, result.output
    return result.output


def as_json(*arguments: str) -> Any:
    return json.loads(heddle(*arguments, "--json"))


def test_models_shows_alias_chain_price_window_and_who_answers() -> None:
    shown = heddle("models")

    line = next(line for line in shown.splitlines() if line.startswith("default"))
    assert [word in line for word in ("openai/gpt-5-mini", "0.25 / 2", "400,000")] == [True] * 3


def test_models_of_a_provider_are_all_that_are_known() -> None:
    assert "anthropic/claude-opus-4-5" in heddle("models", "--provider", "anthropic")


def test_an_alias_is_set_shown_and_removed() -> None:
    assert "openai/gpt-5 → anthropic/claude-haiku-4-5" in heddle("models", "alias", "best", "openai/gpt-5", "anthropic")
    assert as_json("models", "alias", "careful", "openai/gpt-5") == {"alias": "careful", "chain": ["openai/gpt-5"]}
    assert "careful is gone" in heddle("models", "alias", "careful", "--delete")


@pytest.mark.parametrize("arguments", [["best"], ["best", "openai", "--delete"]])
def test_an_alias_needs_models_or_to_be_deleted(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["models", "alias", *arguments]).exit_code == 2


def test_two_models_are_compared() -> None:
    shown = heddle("models", "compare", "openai/gpt-5", "openai/gpt-5-mini", "--calls-per-day", "1000")

    assert "openai/gpt-5-mini saves 80.00 %: $0.0018 a call, $54 a month" in shown
    assert as_json("models", "compare", "fast", "best")["cheaper"] == "a"
    assert "both cost the same" in heddle("models", "compare", "fast", "fast")


def test_the_cheapest_models_come_first() -> None:
    assert [each["ref"] for each in as_json("models", "cheapest", "best", "fast")] == [
        "openai/gpt-6-luna",
        "openai/gpt-6.1-sol",
    ]
    assert "openai/gpt-6-luna" in heddle("models", "cheapest", "best", "fast")


def test_a_text_is_counted() -> None:
    assert heddle("models", "count", "hello world").startswith("2 tokens for openai/gpt-5-mini (exactly, with o200k)")
    assert as_json("models", "count", "hello world", "--model", "anthropic")["tokens"] == 3


def test_providers_are_listed_with_state_and_secret() -> None:
    line = next(line for line in heddle("providers").splitlines() if line.startswith("anthropic"))

    assert [word in line for word in ("the stage's", "well", "claude-haiku-4-5", "anthropic-api-key")] == [True] * 4
    assert {each["name"] for each in as_json("providers")} == {"extractive", "bedrock", "openai", "anthropic", "gemini"}
