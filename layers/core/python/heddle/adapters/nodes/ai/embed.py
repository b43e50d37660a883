"""The `embed` node: vectors of texts, in batches. A batch that is done is recorded, and not paid for again."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from heddle.adapters.nodes.ai.asking import AiParts, Asking, asking
from heddle.adapters.nodes.ai.request import model_of
from heddle.application.agents.records import ToolOutcome
from heddle.application.ports.models import EmbeddingRequest, ToolCallPart
from heddle.domain.engine.usage import add_usage
from heddle.domain.nodes.fields import integer_field, invalid, kind, number_field
from heddle.domain.nodes.spec import NodeResult, NodeTask

BATCH = 96
"""How many texts every provider takes at once."""

MOST_TEXTS = 10_000


@dataclass(frozen=True)
class EmbedNode:
    """Runs `embed` nodes."""

    parts: AiParts

    def __call__(self, task: NodeTask) -> NodeResult:
        """Embed. Raises what EmbedTexts raises."""
        texts, model = _texts(task.config), model_of(task.config)
        wanted = task.config.get("dimensions")
        dimensions = None if wanted is None else integer_field(task.config, "dimensions", 1, low=1, high=65_536)
        seconds = number_field(task.config, "timeout", 60.0, low=0.001, high=840.0)
        vectors: list[Any] = []
        usage: dict[str, Any] = {}
        answer: Mapping[str, Any] = {}
        with asking(self.parts, task) as node:
            for step, start in enumerate(range(0, len(texts), BATCH), 1):
                request = EmbeddingRequest(
                    tuple(texts[start : start + BATCH]),
                    dimensions=dimensions,
                    timeout=min(seconds, node.seconds_left()),
                    correlation_id=task.correlation_id,
                )
                outcome = self._batch(node, step, model, request)
                answer = outcome.result
                # Vectors of two models cannot be compared: whoever embedded the first batch embeds the others.
                model = f"{answer['provider']}/{answer['model']}"
                vectors += answer["vectors"]
                usage = add_usage(usage, outcome.usage)
        output = {
            "vectors": vectors,
            "model": answer["model"],
            "provider": answer["provider"],
            "dimensions": len(vectors[0]),
            "count": len(vectors),
            "lexical": answer["lexical"],
        }
        return NodeResult(output, usage={**usage, "provider": answer["provider"], "model": answer["model"]})

    def _batch(self, node: Asking, step: int, model: str | None, request: EmbeddingRequest) -> ToolOutcome:
        digest = hashlib.sha256(orjson.dumps([model, request.texts, request.dimensions])).hexdigest()
        arguments = {"sha256": digest, "texts": len(request.texts)}
        call: ToolCallPart = {"type": "tool_call", "id": "embed", "name": "embed", "arguments": arguments, "raw": ""}
        if (known := node.conversation.recorded(step, call)) is not None:
            return known
        began = node.conversation.monotonic()
        answer = self.parts.embed(node.conversation.caller(step), model, request)
        took = round((node.conversation.monotonic() - began) * 1000, 3)
        found = answer.embeddings
        result = {
            "vectors": [list(vector) for vector in found.vectors],
            "model": found.model,
            "provider": found.provider,
            "lexical": bool(found.details.get("lexical")),
        }
        return node.conversation.record(step, call, ToolOutcome(result, usage=answer.billed.usage()), took)


def _texts(config: Mapping[str, Any]) -> Sequence[str]:
    given = config.get("text")
    texts = given if isinstance(given, list | tuple) else [given]
    if not texts or len(texts) > MOST_TEXTS:
        raise invalid("text", f"must hold 1 to {MOST_TEXTS:,} texts, but holds {len(texts):,}")
    checked: list[str] = []
    for number, text in enumerate(texts):
        name = f"text[{number}]" if isinstance(given, list | tuple) else "text"
        if not isinstance(text, str):
            raise invalid(name, f"must be text, but is {kind(text)}")
        if not text.strip():
            raise invalid(name, "must not be empty")
        checked.append(text)
    return checked
