"""Embed a document's chunks, under the budget of whoever handed it in.

Trigger: state machine ingest_document, state Embed
In:      {job} (heddle/application/ports/ingests.py)
Out:     {model, dimensions, batches, cost_usd, lexical}, or {model: null, code, message}
"""

from functools import cache
from typing import Any

from heddle.application.documents.embed_chunks import EmbedChunks
from heddle.application.ports.ingests import IngestJob
from heddle.runtime.clock import new_id
from heddle.runtime.content import EmbeddingSettings, embed_texts_of, originals_of
from heddle.runtime.content_function import ingest_step
from heddle.runtime.stores import Stores


@cache
def embed_chunks() -> EmbedChunks:
    """Build the use case once per sandbox; tests put their own in its place."""
    settings = EmbeddingSettings.load()
    embed = embed_texts_of(Stores(settings), settings.default_provider)
    return EmbedChunks(originals_of(settings.payload_bucket), embed, new_id)


@ingest_step
def lambda_handler(job: IngestJob, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Embed what Read has kept."""
    return embed_chunks()(job)
