"""Completions by language models."""

from typing import Any, Protocol

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered: text, why it stopped, and what it used. Cost is decimal text in USD, None if unpriced."""

    text: str
    model: str
    provider: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: str | None = None
    citations: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One completion. `context` is passages ({"id", "text", "source"}) that the answer may draw on, by number.

    `max_sentences` is for the extractive provider, which counts in sentences rather than in tokens.
    """

    prompt: str
    system: str = ""
    context: tuple[dict[str, Any], ...] = ()
    max_tokens: int = 1024
    temperature: float | None = None
    model: str | None = None
    timeout: float = 60.0
    correlation_id: str = ""
    max_sentences: int = 8


class ModelProvider(Protocol):
    """One completion from one model. Raises NodeError with codes llm_rate_limited, llm_unavailable, llm_refused, …"""

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once; the adapter does not retry (the node's retry policy does)."""
        ...
