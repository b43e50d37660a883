"""The `parse` node: gets a document, finds out what it is, reads it, and cuts it into passages."""

import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any

from heddle.adapters.nodes.documents.document import Document, Limits, empty
from heddle.adapters.nodes.documents.passages import passages_of
from heddle.adapters.nodes.documents.read import Source, media_type_of, read
from heddle.adapters.nodes.documents.sources import DocumentSources
from heddle.domain.nodes.fields import boolean_field, integer_field, number_field
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.records import dataclass

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class ParseNode:
    """Runs `parse` nodes. The formats' libraries are imported when a document of that format comes."""

    sources: DocumentSources

    def __call__(self, task: NodeTask) -> NodeResult:
        """Read the document. Raises NodeError document_empty, _too_large, _corrupt, _encrypted, _unsupported, _unsafe,
        _not_found, _timeout, and those of `GuardedClient.send` for a URL.
        """  # noqa: D205
        config = task.config
        timeout = min(number_field(config, "timeout", 60.0, low=0.001, high=840.0), task.timeout)
        limits = Limits(
            deadline=time.monotonic() + timeout,
            max_chars=integer_field(config, "max_chars", 5_000_000, low=1, high=50_000_000),
            main_content=boolean_field(config, "main_content", True),
        )
        source = self.sources(task, timeout)
        media_type = media_type_of(source)
        document = read(source, media_type, limits)
        if not document.text.strip() and not document.pages and not document.structure:
            raise empty()
        return NodeResult(_output(config, source, media_type, document, limits))


def _output(
    config: Mapping[str, Any], source: Source, media_type: str, document: Document, limits: Limits
) -> dict[str, Any]:
    truncated = len(document.text) > limits.max_chars
    document.text = document.text[: limits.max_chars]
    origin = source.url or source.name
    chars = integer_field(config, "passage_chars", 1200, low=100, high=20_000)
    wanted = boolean_field(config, "passages", True)
    return {
        "text": document.text,
        "title": document.title[:500] if document.title else None,
        "media_type": media_type,
        "structure": document.structure,
        "links": document.links,
        "metadata": document.metadata,
        "passages": passages_of(document, chars=chars, source=origin or document.title) if wanted else [],
        "pages": document.pages,
        "words": sum(1 for _ in _WORD.finditer(document.text)),
        "bytes": len(source.data),
        "sha256": hashlib.sha256(source.data).hexdigest(),
        "source": origin,
        "truncated": truncated,
    }
