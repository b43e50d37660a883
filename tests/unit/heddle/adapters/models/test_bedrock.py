"""Requests to Bedrock with about as much time left share a client, because boto3 has no timeout for a request.

And what boto3 itself finds wrong, before it asks anybody.
"""

import pytest

from heddle.adapters.models.bedrock import BedrockProvider, _shared
from heddle.application.ports.models import CompletionRequest
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError


@pytest.mark.parametrize(
    "timeout", [0.2, 1.0, 1.2, 9.5, 30.0, 31.0, 59.9, 60.0, 119.0, 120.0, 121.0, 299.0, 600.0, 839.5]
)
def test_a_shared_timeout_is_near_the_one_that_was_asked_for(timeout: float) -> None:
    assert 0.9 * timeout <= _shared(timeout) <= timeout + 1


@pytest.mark.parametrize("timeout", [0.5, 1.0, 5.0, 30.0, 60.0, 120.0, 300.0, 600.0, 840.0])
def test_usual_timeouts_are_kept_exactly(timeout: float) -> None:
    assert _shared(timeout) == timeout


def test_what_is_left_of_the_same_deadline_needs_few_clients() -> None:
    assert len({_shared(840.0 - second) for second in range(120)}) <= 6


def test_a_key_that_would_travel_in_the_clear_is_a_mistake_and_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "a-key")
    config = ProviderConfig("bedrock", "bedrock", region="us-east-1")
    provider = BedrockProvider(config, endpoint="http://127.0.0.1:9")

    with pytest.raises(NodeError, match="requires an HTTPS endpoint") as caught:
        provider.complete(CompletionRequest("hello"))

    assert (caught.value.code, caught.value.retryable) == ("llm_bad_request", False)
