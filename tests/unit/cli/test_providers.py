"""Who answers on this machine follows from the environment; a stage that was started with another one is noticed."""

import pytest

from heddle_cli.stage.providers import DEFAULTS, default_provider, fingerprint, seen_by_functions, why


def test_without_anything_no_model_is_asked() -> None:
    assert default_provider({}) == "extractive"
    assert why({}).startswith("no model: none of OPENAI_API_KEY")


@pytest.mark.parametrize(("name", "provider"), DEFAULTS.items())
def test_a_key_or_an_address_is_enough(name: str, provider: str) -> None:
    assert default_provider({name: "x"}) == provider
    assert why({name: "x"}).startswith(f"{name} is set")


def test_what_was_chosen_wins_over_what_is_there() -> None:
    chosen = {"OPENAI_API_KEY": "x", "HEDDLE_DEFAULT_PROVIDER": "extractive"}

    assert default_provider(chosen) == "extractive"
    assert why(chosen) == "HEDDLE_DEFAULT_PROVIDER says so"


def test_another_key_is_another_environment_and_hides_itself() -> None:
    one, other = fingerprint({"OPENAI_API_KEY": "sk-1"}), fingerprint({"OPENAI_API_KEY": "sk-2"})

    assert one != other
    assert fingerprint({"OPENAI_API_KEY": "sk-1", "EDITOR": "vi"}) == one
    assert "sk-1" not in one


def test_a_bedrock_key_leads_to_bedrock_itself_and_not_to_the_emulator() -> None:
    seen = seen_by_functions({"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_REGION": "eu-west-1", "EDITOR": "vi"})

    assert seen == {
        "AWS_BEARER_TOKEN_BEDROCK": "k",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://bedrock-runtime.eu-west-1.amazonaws.com",
    }
    elsewhere = {"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:1"}
    assert seen_by_functions(elsewhere) == elsewhere
