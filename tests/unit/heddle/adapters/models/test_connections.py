"""A tenant's provider is connected once for each key, and no key is shown or shared."""

import pytest

from heddle.adapters.memory.secrets import MemorySecrets
from heddle.adapters.models.connections import MOST_KEPT, Connections
from heddle.adapters.models.keys import ProviderKeys
from heddle.domain.models.resolve import Candidate
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError

STAGE = {"OPENAI_API_KEY": "of-the-stage"}
GPT = Candidate(ProviderConfig("openai", "openai"), "gpt-5-mini")


def connections(values: dict[tuple[str, str], str]) -> Connections:
    return Connections(ProviderKeys(MemorySecrets(values), STAGE), STAGE)


def test_tenants_with_keys_of_their_own_have_connections_of_their_own() -> None:
    connect = connections({("acme", "openai-api-key"): "sk-acme", ("other", "openai-api-key"): "sk-other"})

    acme, again, other, third = (connect(tenant, GPT) for tenant in ("acme", "acme", "other", "third"))

    assert acme is again
    assert len({id(acme), id(other), id(third)}) == 3


def test_tenants_without_a_key_share_the_connection_of_the_stage() -> None:
    connect = connections({})

    assert connect("acme", GPT) is connect("other", GPT)


def test_a_rotated_key_makes_a_new_connection() -> None:
    values = {("acme", "openai-api-key"): "sk-1"}
    connect = connections(values)
    before = connect("acme", GPT)

    values[("acme", "openai-api-key")] = "sk-2"

    assert connect("acme", GPT) is not before


def test_whoever_has_no_key_is_told_which_secret_to_create() -> None:
    connect = connections({})

    with pytest.raises(NodeError) as caught:
        connect("acme", Candidate(ProviderConfig("claude", "anthropic"), "claude-haiku-4-5"))

    assert caught.value.code == "llm_auth"
    assert "claude-api-key" in caught.value.message


def test_no_key_is_ever_shown() -> None:
    connect = connections({("acme", "openai-api-key"): "sk-acme"})
    connect("acme", GPT)

    assert "sk-acme" not in repr(connect) and "of-the-stage" not in repr(connect)


def test_connections_do_not_pile_up() -> None:
    values = {(f"t{number}", "openai-api-key"): f"sk-{number}" for number in range(MOST_KEPT + 5)}
    connect = connections(values)
    first = connect("t0", GPT)

    for tenant, _ in values:
        connect(tenant, GPT)

    assert connect("t0", GPT) is not first
    assert len(connect._kept) == MOST_KEPT


def test_what_embeds_is_connected_too() -> None:
    connect = connections({})

    vectors = connect.embeddings("acme", Candidate(ProviderConfig("extractive", "extractive"), ""))

    assert hasattr(vectors, "embed")
