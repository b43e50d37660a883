"""The model server that tests point functions at does what it was told, also as a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from heddle.adapters.models.registry import provider_for
from heddle.application.ports.models import CompletionRequest
from heddle.domain.models.settings import ProviderConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.contract.model_servers.server", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def asked(url: str, prompt: str) -> Any:
    provider = provider_for(ProviderConfig("openai", "openai"), "k", {"OPENAI_BASE_URL": f"{url}/v1"})
    return provider.complete(CompletionRequest(prompt, timeout=20.0))


def test_a_script_is_used_up_in_order_and_then_words_decide(url: str) -> None:
    call = {"name": "search", "arguments": {"q": "looms"}}
    httpx.post(f"{url}/script", json=[{"text": "One.", "calls": [call]}, {"text": "Two.", "output_tokens": 7}])

    first, second, third = (asked(url, "please-cut") for _ in range(3))

    assert (first.text, first.tool_calls[0]["arguments"]) == ("One.", {"q": "looms"})
    assert (second.text, second.output_tokens) == ("Two.", 7)
    assert third.stop_reason == "max_tokens"


def test_what_was_asked_can_be_seen_and_forgotten(url: str) -> None:
    httpx.post(f"{url}/reset", json=None)
    asked(url, "Well?")

    seen = httpx.get(f"{url}/requests").json()
    httpx.post(f"{url}/reset", json=None)

    assert [entry["path"] for entry in seen] == ["/v1/chat/completions"]
    assert seen[0]["body"]["messages"][-1]["content"] == "Well?"
    assert httpx.get(f"{url}/requests").json() == []
