"""Asking a model with everything around it: alias, fallback, breaker, cache, budgets, ledger."""

from collections.abc import Callable
from typing import Protocol

from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.models import Completion, CompletionRequest, EmbeddingRequest, Embeddings
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion, and what it cost."""

    completion: Completion
    billed: Billed


@dataclass(frozen=True, slots=True)
class EmbeddingsAnswer:
    """Vectors, and what they cost."""

    embeddings: Embeddings
    billed: Billed


class AskModel(Protocol):
    """One question to whatever a name stands for, paid for exactly."""

    def __call__(
        self,
        caller: Caller,
        model: str | None,
        request: CompletionRequest,
        *,
        on_text: Callable[[str], None] | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Answer:
        """Ask the model, `provider/model` or alias; None is the alias `default`.

        With `on_text` the answer is streamed: it gets each piece of text, and `on_restart` is called if a stream broke
        off and begins anew, so that what came before is void. Raises NodeError with the codes of
        `heddle.adapters.models.failures` and of `Purse.reserve`, `llm_context_too_long` with the count before any call,
        `llm_model_unpriced`, `llm_model_unknown` and `llm_provider_unavailable`.
        """
        ...


class EmbedTexts(Protocol):
    """Vectors of texts from whatever a name stands for, paid for exactly."""

    def __call__(self, caller: Caller, model: str | None, request: EmbeddingRequest) -> EmbeddingsAnswer:
        """Embed with `provider/model` or an alias; None is the alias `embed`. Raises the same errors as AskModel."""
        ...
