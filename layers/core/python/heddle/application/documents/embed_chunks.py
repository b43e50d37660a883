"""Vectors of a document's chunks, batch by batch under the budget of whoever handed it in.

A batch that is done is kept, and not paid for again when the step is repeated. A document whose chunks cannot be
embedded (no budget left, no model) is ingested all the same, found by its words, and embedded later.
"""

import base64
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from heddle.application.documents.parsed import Parsed, parsed_key, vectors_key
from heddle.application.models.answer import EmbedTexts
from heddle.application.models.caller import Caller
from heddle.application.ports.ingests import IngestJob
from heddle.application.ports.models import EmbeddingRequest
from heddle.application.ports.originals import Originals
from heddle.domain.documents.document import Chunk, Embedding
from heddle.domain.money import picos, usd
from heddle.errors import NodeError

BATCH = 96
"""How many texts every provider takes at once."""

BATCH_SECONDS = 60.0


@dataclass(frozen=True)
class EmbedChunks:
    """Embeds what ReadOriginal kept."""

    originals: Originals
    embed: EmbedTexts
    new_id: Callable[[], str]

    def __call__(self, job: IngestJob) -> dict[str, Any]:
        """Return {model, dimensions, batches, cost_usd, lexical}, or {model: None, code, message} if it is not to be.

        Raises NodeError if trying again may help.
        """
        parsed = Parsed.from_bytes(self.originals.read(job.tenant, parsed_key(job.object)))
        batches = [parsed.chunks[start : start + BATCH] for start in range(0, len(parsed.chunks), BATCH)]
        if not batches:
            return _none("document_without_text", "there is nothing to embed")
        model, cost = job.model, 0
        facts: dict[str, Any] = {}
        try:
            for number, chunks in enumerate(batches):
                facts = self._batch(job, number, chunks, model)
                # Vectors of two models cannot be compared: whoever embedded the first batch embeds the others.
                model = facts["model"]
                cost += picos(facts["cost_usd"])
        except NodeError as error:
            if error.retryable:
                raise
            return _none(error.code, error.message)
        return {
            "model": model,
            "dimensions": facts["dimensions"],
            "lexical": facts["lexical"],
            "batches": len(batches),
            "cost_usd": usd(cost),
        }

    def _batch(self, job: IngestJob, number: int, chunks: tuple[Chunk, ...], model: str | None) -> dict[str, Any]:
        key = vectors_key(job.object, number)
        if self.originals.has(job.tenant, key):
            kept: dict[str, Any] = orjson.loads(self.originals.read(job.tenant, key))
            if kept["texts"] == len(chunks) and model in (None, kept["model"]):
                return kept
        caller = Caller(job.tenant, job.principal, self.new_id(), correlation_id=job.correlation_id)
        request = EmbeddingRequest(
            tuple(embedded_text(chunk) for chunk in chunks), timeout=BATCH_SECONDS, correlation_id=job.correlation_id
        )
        answer = self.embed(caller, model, request)
        found = answer.embeddings
        facts = {
            "model": f"{found.provider}/{found.model}",
            "dimensions": len(found.vectors[0]),
            "lexical": bool(found.details.get("lexical")),
            "cost_usd": answer.billed.usage()["cost_usd"],
            "texts": len(chunks),
        }
        self.originals.write(job.tenant, key, orjson.dumps(facts | {"vectors": _packed(found.vectors)}))
        return facts


def embedded_text(chunk: Chunk) -> str:
    """Return what is embedded: the chunk below its heading, which often says what it is about."""
    return f"{chunk.heading}\n{chunk.text}" if chunk.heading else chunk.text


def read_embedding(originals: Originals, job: IngestJob, facts: dict[str, Any]) -> Embedding | None:
    """Return the vectors that EmbedChunks kept, by what it answered."""
    if not facts.get("model"):
        return None
    dimensions = int(facts["dimensions"])
    vectors: list[tuple[float, ...]] = []
    for number in range(int(facts["batches"])):
        kept = orjson.loads(originals.read(job.tenant, vectors_key(job.object, number)))
        values = array("f", base64.b64decode(kept["vectors"]))
        vectors += [tuple(values[start : start + dimensions]) for start in range(0, len(values), dimensions)]
    return Embedding(str(facts["model"]), dimensions, tuple(vectors))


def _packed(vectors: tuple[tuple[float, ...], ...]) -> str:
    """Return the numbers in single precision, as the database keeps them too."""
    return base64.b64encode(array("f", [value for vector in vectors for value in vector]).tobytes()).decode()


def _none(code: str, message: str) -> dict[str, Any]:
    return {"model": None, "code": code, "message": message}
