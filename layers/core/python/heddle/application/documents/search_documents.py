"""Searching a tenant's documents: the question is embedded by the model that their vectors are from."""

import hashlib
from dataclasses import dataclass, replace

import orjson

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.models.answer import EmbedTexts
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.models import EmbeddingRequest
from heddle.domain.documents.search import Filters, Found, Search
from heddle.domain.documents.text import storable
from heddle.errors import InvalidInput, NodeError

MODES = ("hybrid", "words", "meaning")
QUERY_SECONDS = 10.0


@dataclass(frozen=True)
class Searched:
    """A page, the cursor to the next one, what embedding the question cost, and what went less well than it could."""

    found: Found
    cursor: str | None
    billed: Billed | None
    warnings: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class SearchDocuments:
    """Searches."""

    store: DocumentStore
    embed: EmbedTexts

    def __call__(
        self,
        caller: Caller,
        text: str,
        *,
        mode: str = "hybrid",
        filters: Filters = Filters(),  # noqa: B008  # frozen
        limit: int = 20,
        cursor: str | None = None,
        facets: bool = False,
    ) -> Searched:
        """Return the best chunks.

        If the question cannot be embedded (no budget, provider down) a hybrid search goes on by words alone and warns;
        one by meaning raises the NodeError. InvalidInput `search_query_empty`, `invalid_cursor`.
        """
        text = storable(text).strip()
        if not text:
            raise InvalidInput(
                "there is nothing to search for",
                code="search_query_empty",
                errors=[{"field": "query", "message": "must hold at least one word"}],
            )
        scope = _scope(caller.tenant, text, mode, filters)
        after = None
        if cursor is not None:
            score, key = decode_cursor(cursor, scope, parts=2)
            after = (_number(score), key)
        search = Search(text, filters=filters, limit=limit, after=after, by_words=mode != "meaning", facets=facets)
        warnings: list[dict[str, str]] = []
        billed = None
        if mode != "words":
            try:
                search, billed = self._with_vector(caller, search)
            except NodeError as error:
                if mode == "meaning":
                    raise
                warnings.append({"code": error.code, "message": f"searched by words alone: {error.message}"})
        found = self.store.search(caller.tenant, search)
        last = found.hits[-1] if found.more and found.hits else None
        return Searched(
            found, encode_cursor(scope, repr(last.score), last.key) if last else None, billed, tuple(warnings)
        )

    def _with_vector(self, caller: Caller, search: Search) -> tuple[Search, Billed | None]:
        model = self.store.embedding_model(caller.tenant)
        if model is None:
            return search, None
        request = EmbeddingRequest(
            (search.text,), timeout=QUERY_SECONDS, correlation_id=caller.correlation_id, purpose="query"
        )
        answer = self.embed(caller, model.model, request)
        return replace(search, model=model.model, vector=answer.embeddings.vectors[0]), answer.billed


def _scope(tenant: str, text: str, mode: str, filters: Filters) -> str:
    """Return what a cursor belongs to: the same question, asked by the same tenant."""
    named = {name: getattr(filters, name) for name in filters.__slots__}
    asked = orjson.dumps([text, mode, named], default=str)
    return f"{tenant}#search#{hashlib.sha256(asked).hexdigest()[:16]}"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("the cursor does not belong to this list", code="invalid_cursor") from None
