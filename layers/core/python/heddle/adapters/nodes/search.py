"""The `search` node: passages of the tenant's documents, ready to be cited by the nodes that ask models."""

from collections.abc import Callable, Mapping
from typing import Any

from heddle.application.documents.search_documents import MODES, SearchDocuments
from heddle.application.models.caller import Caller
from heddle.domain.documents.search import Filters, Hit
from heddle.domain.nodes.fields import integer_field, invalid, kind, object_field, text_field
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import InvalidInput, NodeError, UpstreamUnavailable
from heddle.records import dataclass

MAX_QUERY = 4_000


@dataclass(frozen=True, slots=True)
class SearchNode:
    """Runs `search` nodes."""

    search: SearchDocuments
    new_id: Callable[[], str]

    def __call__(self, task: NodeTask) -> NodeResult:
        """Search. Raises NodeError search_query_empty, search_unavailable (retryable), and those of embedding."""
        config = task.config
        query, mode = text_field(config, "query"), str(config.get("mode") or "hybrid")
        if len(query) > MAX_QUERY:
            raise invalid("query", f"must not be longer than {MAX_QUERY:,} characters")
        if mode not in MODES:
            raise invalid("mode", f"must be one of {', '.join(MODES)}")
        limit = integer_field(config, "limit", 8, low=1, high=100)
        filters = _filters(object_field(config, "filters"))
        try:
            searched = self.search(caller_of(task, self.new_id()), query, mode=mode, filters=filters, limit=limit)
        except InvalidInput as error:
            raise NodeError(error.message, code=error.code, field="query") from error
        except UpstreamUnavailable as error:
            raise NodeError(error.message, code="search_unavailable", retryable=True) from error
        passages = [_passage(index, hit) for index, hit in enumerate(searched.found.hits)]
        output = {
            "passages": passages,
            "count": len(passages),
            "exact": searched.found.exact,
            "warnings": list(searched.warnings),
        }
        return NodeResult(output, usage=searched.billed.usage() if searched.billed else {})


def caller_of(task: NodeTask, call_id: str) -> Caller:
    """Return for whom a node embeds: budgets of the run count it."""
    return Caller(
        tenant=task.tenant,
        principal=task.principal,
        call_id=call_id,
        workflow_id=task.workflow_id,
        run_id=task.run_id,
        root_run_id=task.root_run_id or task.run_id,
        run_budget=task.run_budget,
        node_id=task.node_id,
        attempt=task.attempt,
        item_index=task.item_index,
        correlation_id=task.correlation_id,
    )


def _passage(index: int, hit: Hit) -> dict[str, Any]:
    """Return a hit in the form that `parse` gives its passages."""
    document = hit.document
    return {
        "index": index,
        "text": hit.text,
        "offset": hit.start,
        "heading": hit.heading or None,
        "page": hit.page,
        "source": document.source or document.filename or document.title or document.id,
        "document": document.id,
        "title": document.title,
        "score": round(hit.score, 6),
    }


def _filters(given: Mapping[str, Any]) -> Filters:
    quality = given.get("min_quality")
    if quality is not None and (isinstance(quality, bool) or not isinstance(quality, int | float)):
        raise invalid("filters.min_quality", f"must be a number, but is {kind(quality)}")
    return Filters(
        tags=texts_of(given, "tags", "filters.tags"),
        media_types=texts_of(given, "media_types", "filters.media_types"),
        languages=texts_of(given, "languages", "filters.languages"),
        documents=texts_of(given, "documents", "filters.documents"),
        min_quality=quality,
    )


def texts_of(config: Mapping[str, Any], name: str, shown: str) -> tuple[str, ...]:
    """Return a list of texts; nothing if it is left out."""
    value = config.get(name)
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise invalid(shown, "must be a list of texts")
    return tuple(dict.fromkeys(value))
