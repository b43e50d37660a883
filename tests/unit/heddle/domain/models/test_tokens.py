"""Counting before the call: known strings give known counts, and the bound is never too low."""

import base64
from decimal import Decimal
from typing import Any

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from heddle.adapters.models.passages import INSTRUCTIONS, prompt_of, system_of
from heddle.adapters.models.tokenizer import LONGEST, exact_tokens
from heddle.application.ports.models import CompletionRequest, Message, ToolSpec
from heddle.domain.models.settings import ProviderConfig
from heddle.domain.models.tokens import (
    CITING_BYTES,
    Count,
    bound,
    count,
    count_batch,
    count_messages,
    count_request,
    counted_bound,
    difference_percent,
    family,
    text_bound,
    window,
)

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # one grapheme of five code points


@pytest.mark.parametrize(
    ("name", "text", "tokens"),
    [
        ("o200k", "hello world", 2),
        ("cl100k", "hello world", 2),
        ("o200k", "Donaudampfschifffahrtsgesellschaft", 10),
        ("cl100k", "Donaudampfschifffahrtsgesellschaft", 13),
        ("o200k", "<|endoftext|>", 7),
        ("o200k", "", 0),
    ],
)
def test_openais_families_are_counted_exactly(name: str, text: str, tokens: int) -> None:
    assert count(name, text, exact_tokens) == Count(tokens, name, True)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello world", 3),  # 11/4 + 2 x 0.1 + 1 x 0.05 = 3.0
        ("hello world\n", 4),  # 3.25
        ("a b\nc d", 3),  # 7/4 + 0.4 + 0.1 = 2.25
        ("e\u0301e\u0301e\u0301e\u0301", 2),  # four graphemes: 1 + 0.1 + 0.05
        (FAMILY, 1),  # 0.25 + 0.1 + 0.05
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 1),  # two flags: 0.5 + 0.15
        ("a\r\nb", 2),  # three graphemes, two words, two lines: 0.75 + 0.2 + 0.1
    ],
)
def test_claude_is_counted_by_its_rule(text: str, tokens: int) -> None:
    assert count("claude", text) == Count(tokens, "claude", False)


@pytest.mark.parametrize(
    ("name", "text", "tokens", "method"),
    [
        ("titan", "x" * 7, 2, "chars/3.5"),
        ("titan", "x" * 8, 3, "chars/3.5"),
        ("plain", "x" * 8, 2, "chars/4"),
        ("plain", "x" * 9, 3, "chars/4"),
        ("o200k", "x" * 9, 3, "chars/4"),
    ],
)
def test_the_others_are_estimated_and_say_so(name: str, text: str, tokens: int, method: str) -> None:
    assert count(name, text) == Count(tokens, method, False)


def test_a_text_that_is_too_long_for_the_tokenizer_is_estimated() -> None:
    assert count("o200k", "a" * (LONGEST + 4), exact_tokens) == Count(LONGEST // 4 + 1, "chars/4", False)


def test_a_gap_that_the_tokenizer_gives_up_on_is_estimated() -> None:
    gap = " " * 1_000_000

    assert not count("o200k", gap, exact_tokens).exact
    assert count("o200k", gap[: len(gap) // 4], exact_tokens).exact
    assert count("o200k", "a word and a space " * 50_000, exact_tokens).exact


def test_an_encoding_needs_no_network_and_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/nowhere")
    monkeypatch.setattr("heddle.adapters.models.tokenizer._made", {})

    assert exact_tokens("cl100k", "hello world") == 2
    import os

    assert os.environ["TIKTOKEN_CACHE_DIR"] == "/nowhere"


def test_without_the_layer_there_is_no_exact_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heddle.adapters.models.tokenizer._made", {})
    monkeypatch.setattr("heddle.adapters.models.tokenizer.find_spec", lambda name: None)

    assert exact_tokens("o200k", "hello") is None


@pytest.mark.parametrize(
    ("kind", "model", "name"),
    [
        ("openai", "gpt-4", "cl100k"),
        ("openai", "gpt-4-0613", "cl100k"),
        ("openai", "gpt-3.5-turbo", "cl100k"),
        ("openai", "text-embedding-3-small", "cl100k"),
        ("openai", "text-embedding-ada-002", "cl100k"),
        ("openai", "gpt-4-turbo", "cl100k"),
        ("openai", "ft:gpt-4o-2024-08-06:acme::x", "o200k"),
        ("openai", "gpt-4o", "o200k"),
        ("openai", "gpt-4.1-mini", "o200k"),
        ("openai", "gpt-5-mini", "o200k"),
        ("openai", "o3-mini", "o200k"),
        ("azure-openai", "gpt-35-turbo", "cl100k"),
        ("anthropic", "claude-haiku-4-5", "claude"),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude"),
        ("bedrock", "amazon.titan-text-express-v1", "titan"),
        ("bedrock", "openai.gpt-oss-20b-1:0", "o200k"),
        ("bedrock", "amazon.nova-lite-v1:0", "plain"),
        ("gemini", "gemini-2.5-flash", "plain"),
        ("ollama", "llama3", "plain"),
    ],
)
def test_a_model_has_the_family_of_its_tokenizer(kind: str, model: str, name: str) -> None:
    assert family(kind, model) == name
    if kind == "openai" and not model.startswith("ft:"):
        assert tiktoken.encoding_name_for_model(model) == f"{name}_base"


def test_a_batch_is_counted_text_by_text() -> None:
    assert [each.tokens for each in count_batch("plain", ["abcd", "", "abcde"])] == [1, 0, 2]


def test_a_chat_has_marks_around_its_messages() -> None:
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello world"}]

    found = count_messages("o200k", messages, exact_tokens)

    assert found == Count(3 + (3 + 1 + 2) + (3 + 1 + 2), "o200k", True)


@pytest.mark.parametrize(
    ("first", "second", "percent"), [(100, 110, "10"), (100, 95, "-5"), (0, 0, "0"), (0, 5, "100")]
)
def test_two_counts_differ_by_percent(first: int, second: int, percent: str) -> None:
    assert difference_percent(first, second) == Decimal(percent)


def request(**values: Any) -> CompletionRequest:
    return CompletionRequest(**{"prompt": "", **values})


CONVERSATION: tuple[Message, ...] = (
    {"role": "user", "content": [{"type": "text", "text": "what is in the shed?"}]},
    {
        "role": "assistant",
        "content": [{"type": "tool_call", "id": "c1", "name": "look", "arguments": {"where": "shed"}, "raw": ""}],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "id": "c1", "name": "look", "content": "a spade", "is_error": False}],
    },
)
TOOLS = (ToolSpec("look", "Looks at a place.", {"type": "object", "properties": {"where": {"type": "string"}}}),)


@given(text=st.text())
def test_no_tokenizer_needs_more_tokens_than_the_bound(text: str) -> None:
    for name in ("o200k", "cl100k"):
        tokens = exact_tokens(name, text)
        assert tokens is not None
        assert tokens <= text_bound(text)


def test_a_text_that_grows_when_it_is_normalised_is_bound_by_what_it_becomes() -> None:
    assert len("\ufdfa".encode()) == 3
    assert text_bound("\ufdfa") == 33


@pytest.mark.parametrize("name", ["o200k", "cl100k", "claude", "titan", "plain"])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"prompt": "hello", "system": "be brief"},
        {"prompt": "q", "context": ({"text": "a passage", "source": "a.md"}, {"text": "another"})},
        {"history": CONVERSATION, "messages": CONVERSATION, "tools": TOOLS},
        {"output_schema": {"type": "object", "properties": {"x": {"type": "string"}}}},
        {"images": ({"type": "image", "media_type": "image/png", "data": base64.b64encode(b"x").decode()},)},
    ],
)
def test_the_bound_of_a_request_is_no_less_than_its_count(name: str, values: dict[str, Any]) -> None:
    exact = exact_tokens if name in ("o200k", "cl100k") else None

    assert count_request(name, request(**values), exact).tokens <= bound(request(**values), name)


def test_the_bound_covers_what_the_adapters_write_around_passages() -> None:
    context = tuple({"text": "t", "source": "s"} for _ in range(2000))
    asked = request(prompt="why?", system="be brief", context=context)

    written = len(prompt_of(asked).encode()) + len(system_of(asked).encode())

    assert written <= bound(asked)
    assert len(INSTRUCTIONS) + 64 <= CITING_BYTES


@pytest.mark.parametrize("name", ["o200k", "cl100k"])
def test_a_near_bound_covers_what_the_adapters_write_around_passages(name: str) -> None:
    passages = tuple({"text": f"Passage {n}. " * 5, "source": f"{n}.md", "id": n} for n in range(40))
    asked = request(prompt="Why?", system="Be brief.", context=passages)

    near = counted_bound(asked, name, exact_tokens)

    encoding = tiktoken.get_encoding({"o200k": "o200k_base", "cl100k": "cl100k_base"}[name])
    sent = len(encoding.encode_ordinary(system_of(asked))) + len(encoding.encode_ordinary(prompt_of(asked)))
    assert near is not None
    assert sent <= near < bound(asked)


@pytest.mark.parametrize(
    "more",
    [
        {"tools": (ToolSpec("a", "b", {"type": "object"}),)},
        {"output_schema": {"type": "object"}},
        {"images": ({"type": "image", "media_type": "image/png", "data": ""},)},
        {"messages": ({"role": "assistant", "content": [{"type": "tool_call", "id": "1", "name": "t"}]},)},
    ],
)
def test_what_is_not_only_text_has_no_near_bound(more: dict[str, Any]) -> None:
    assert counted_bound(request(prompt="Why?", **more), "o200k", exact_tokens) is None


def test_only_plain_text_is_counted_exactly() -> None:
    image = ({"type": "image", "media_type": "image/png", "data": ""},)

    assert count_request("o200k", request(prompt="hello"), exact_tokens).exact
    assert not count_request("o200k", request(prompt="hello", images=image), exact_tokens).exact
    assert not count_request("o200k", request(prompt="hello", tools=TOOLS), exact_tokens).exact


def test_a_prompt_of_five_megabytes_is_bound_at_once() -> None:
    assert bound(request(prompt="a" * 5_000_000)) >= 5_000_000


def test_the_window_of_a_model_is_known_by_what_it_is_priced_as() -> None:
    azure = ProviderConfig("azure", "azure-openai", profiles={"gpt-4o": "our-chat"})

    assert window(azure, "our-chat").max_output == 16_384
    assert window(ProviderConfig("local", "ollama"), "llama3").context is None
