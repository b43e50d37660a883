"""The `llm` node: one completion by the provider that the node or the stage chose, with its citations and its cost."""

import time
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from heddle.adapters.models.prices import cost_usd
from heddle.application.ports.models import Completion, CompletionRequest, ModelProvider
from heddle.domain.nodes.fields import as_text, choice_field, integer_field, invalid, kind, number_field, text_field
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.records import dataclass

CHOICES = ("auto", "extractive", "bedrock", "openai", "anthropic")
MAX_PASSAGES = 2000
MOST_CLIENTS = 50
"""A client keeps connections open; the oldest goes where more tenants than that have keys of their own."""

Price = Callable[[str, str, int, int], str | None]


@dataclass(frozen=True, slots=True)
class LlmNode:
    """Runs `llm` nodes. `default` is the provider that "auto" stands for.

    Each provider is made once per key, when needed; `keys` gives the key of a tenant for a provider, None if it needs
    none. Without `keys` providers find theirs in the environment.
    """

    providers: Mapping[str, Callable[..., ModelProvider]]
    default: str = "extractive"
    price: Price = cost_usd
    keys: Callable[[str, str], str | None] | None = None
    _made: dict[tuple[str, str | None], ModelProvider] = field(default_factory=dict, repr=False)

    def __call__(self, task: NodeTask) -> NodeResult:
        """Ask once. Raises the NodeErrors of `heddle.adapters.models.failures`."""
        request = _request(task)
        provider = self._provider(choice_field(task.config, "provider", CHOICES, "auto"), task.tenant)
        began = time.monotonic()
        completion = provider.complete(request)
        latency_ms = round((time.monotonic() - began) * 1000, 3)
        return NodeResult(_output(completion), usage=self._usage(completion, latency_ms))

    def _provider(self, name: str, tenant: str) -> ModelProvider:
        name = self.default if name == "auto" else name
        if name not in self.providers:
            raise NodeError(
                f"this function does not serve the provider {name}",
                code="llm_provider_unavailable",
                provider=name,
                available=sorted(self.providers),
            )
        key = self.keys(tenant, name) if self.keys is not None else None
        if (name, key) not in self._made:
            if len(self._made) >= MOST_CLIENTS:
                self._made.pop(next(iter(self._made)), None)
            self._made[(name, key)] = self.providers[name]() if key is None else self.providers[name](key)
        return self._made[(name, key)]

    def _usage(self, completion: Completion, latency_ms: float) -> dict[str, Any]:
        cost = completion.cost_usd
        if cost is None:
            cost = self.price(completion.provider, completion.model, completion.input_tokens, completion.output_tokens)
        usage = {
            "provider": completion.provider,
            "model": completion.model,
            "input_tokens": completion.input_tokens,
            "output_tokens": completion.output_tokens,
            "cost_usd": cost,
            "latency_ms": latency_ms,
        }
        return usage if cost is not None else usage | {"unpriced": True}


def _request(task: NodeTask) -> CompletionRequest:
    config = task.config
    temperature = config.get("temperature")
    return CompletionRequest(
        prompt=text_field(config, "prompt"),
        system=text_field(config, "system", ""),
        context=_context(config.get("context")),
        max_tokens=integer_field(config, "max_tokens", 1024, low=1, high=128_000),
        temperature=None if temperature is None else number_field(config, "temperature", 0.0, low=0.0, high=2.0),
        model=None if config.get("model") is None else text_field(config, "model"),
        timeout=min(number_field(config, "timeout", 60.0, low=0.001, high=840.0), task.timeout),
        correlation_id=task.correlation_id,
        max_sentences=integer_field(config, "max_sentences", 8, low=1, high=200),
    )


def _context(value: Any) -> tuple[dict[str, Any], ...]:
    """Return passages {text, id, source}, whatever way they were given; empty ones are left out."""
    if value is None:
        return ()
    entries = value if isinstance(value, list | tuple) else [value]
    if len(entries) > MAX_PASSAGES:
        raise invalid("context", f"must not hold more than {MAX_PASSAGES} passages, but holds {len(entries)}")
    passages: list[dict[str, Any]] = []
    for index, entry in enumerate(entries):
        passage = {"text": entry} if isinstance(entry, str) else entry
        if not isinstance(passage, Mapping) or not isinstance(passage.get("text"), str):
            raise invalid(f"context[{index}]", f"must be text or an object with `text`, but is {kind(entry)}")
        source = passage.get("source")
        if passage["text"].strip():
            passages.append(
                {
                    "text": passage["text"],
                    "id": passage.get("id"),
                    "source": None if source is None else as_text(source),
                }
            )
    return tuple(passages)


def _output(completion: Completion) -> dict[str, Any]:
    return {
        "text": completion.text,
        "citations": list(completion.citations),
        "provider": completion.provider,
        "model": completion.model,
        "stop_reason": completion.stop_reason,
        "extractive": completion.provider == "extractive",
    }
