"""The `ingest` node: hands a document in, and waits until it can be searched."""

from collections.abc import Callable, Mapping
from typing import Any

from heddle.adapters.nodes.search import texts_of
from heddle.application.documents.add_document import AddDocument, Draft
from heddle.application.ports.documents import DocumentStore, Kept
from heddle.domain.documents.document import DocumentVersion
from heddle.domain.nodes.fields import invalid, kind, number_field, object_field
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import HeddleError, NodeError, UpstreamUnavailable
from heddle.records import dataclass

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class IngestNode:
    """Runs `ingest` nodes. The same bytes are one document, so that doing it again after a crash does no harm."""

    add: AddDocument
    store: DocumentStore
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]

    def __call__(self, task: NodeTask) -> NodeResult:
        """Hand it in. Raises NodeError of the parsers (document_corrupt, …), document_too_large, document_not_found,
        ingest_unavailable (retryable).
        """  # noqa: D205
        config = task.config
        draft = _draft(config)
        until = self.monotonic() + min(number_field(config, "wait", 60.0, low=0, high=840), task.timeout - 5)
        try:
            kept = self._add(task, draft, config.get("version_of"))
            version = self._await(kept, until)
        except UpstreamUnavailable as error:
            raise NodeError(error.message, code="ingest_unavailable", retryable=True) from error
        except NodeError:
            raise
        except HeddleError as error:
            raise NodeError(error.message, code=error.code, retryable=error.retryable) from error
        if version.status == "failed":
            raise _failed(version)
        document = self.store.document(task.tenant, version.document_id) or kept.document
        output = {
            "document": document.id,
            "version": version.version,
            "status": version.status,
            "new": kept.new,
            "title": document.title,
            "media_type": document.media_type.partition(";")[0],
            "language": document.language,
            "chunks": document.chunks,
        }
        return NodeResult(output)

    def _add(self, task: NodeTask, draft: Draft, version_of: Any) -> Kept:
        who = {"by": task.principal, "correlation_id": task.correlation_id}
        if version_of is None:
            return self.add(task.tenant, draft, **who)
        if not isinstance(version_of, str) or not version_of:
            raise invalid("version_of", f"must be the id of a document, but is {kind(version_of)}")
        return self.add.version(task.tenant, version_of, draft, **who)

    def _await(self, kept: Kept, until: float) -> DocumentVersion:
        version = kept.version
        while version.status == "pending" and self.monotonic() < until:
            self.sleep(POLL_SECONDS)
            version = self.store.version(version.tenant, version.document_id, version.version) or version
        return version


def _failed(version: DocumentVersion) -> NodeError:
    reason = version.error or {}
    code, message = str(reason.get("code")), str(reason.get("message"))
    return NodeError(message, code=code, document=version.document_id)


def _draft(config: Mapping[str, Any]) -> Draft:
    document = config.get("document")
    if isinstance(document, str):
        document = {"text": document}
    if not isinstance(document, Mapping):
        raise invalid("document", f"must be an object, but is {kind(document)}")
    values = {name: _text(document, name, f"document.{name}") for name in ("text", "object", "filename", "media_type")}
    if (not values["text"]) == (not values["object"]):
        raise invalid("document", "must hold exactly one of text, object")
    return Draft(
        text=values["text"] or None,
        upload=values["object"] or None,
        filename=values["filename"][:255],
        media_type=values["media_type"],
        title=_text(config, "title", "title")[:500],
        source=_text(config, "source", "source")[:2048],
        language=_text(config, "language", "language"),
        tags=texts_of(config, "tags", "tags"),
        metadata=object_field(config, "metadata"),
    )


def _text(config: Mapping[str, Any], name: str, shown: str) -> str:
    value = config.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(shown, f"must be text, but is {kind(value)}")
    return value or ""
