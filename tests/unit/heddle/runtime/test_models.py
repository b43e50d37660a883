"""What a stage offers by its environment, and where a tenant's model server may be."""

import pytest

from heddle.runtime.models import stage_providers, url_checker


def test_a_stage_offers_what_needs_no_key_or_one_that_a_tenant_may_have() -> None:
    stage = stage_providers("bedrock", {"BEDROCK_MODEL_ID": "amazon.nova-pro-v1:0"})

    assert list(stage.providers) == ["extractive", "bedrock", "openai", "anthropic", "gemini"]
    assert stage.providers["bedrock"].default_model == "amazon.nova-pro-v1:0"
    assert stage.default == "bedrock"


def test_ollama_is_offered_where_the_environment_says_it_is() -> None:
    stage = stage_providers("ollama", {"OLLAMA_BASE_URL": "http://127.0.0.1:11434", "OLLAMA_MODEL": "llama3"})

    assert stage.providers["ollama"].base_url == "http://127.0.0.1:11434"
    assert stage.providers["ollama"].default_model == "llama3"


@pytest.mark.parametrize(
    ("kind", "url", "fine"),
    [
        ("openai-compatible", "https://models.example.com/v1", True),
        ("openai-compatible", "http://beside.test:8080/v1", True),
        ("azure-openai", "https://beside.test/", True),
        ("azure-openai", "http://beside.test/", False),
        ("ollama", "http://127.0.0.1:11434", False),
        ("ollama", "https://10.0.0.7", False),
        ("ollama", "https://[fd00::1]", False),
        ("ollama", "not a url", False),
    ],
)
def test_a_model_server_is_outside_or_on_a_host_that_the_stage_allows(kind: str, url: str, fine: bool) -> None:
    complaint = url_checker(("beside.test",))(kind, url)

    assert (complaint is None) == fine
