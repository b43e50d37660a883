"""Deleting a document everywhere: out of searches at once, then its files, then its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.budgets.record import Record
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.originals import Originals
from heddle.domain.events.document_events import DocumentDeleted
from heddle.domain.events.envelope import Metadata, StreamId


@dataclass(frozen=True)
class DeleteDocument:
    """Deletes. If it breaks off half way the document is hidden already, and deleting it again does the rest."""

    store: DocumentStore
    originals: Originals
    events: EventStore
    now: Callable[[], datetime]

    def __call__(self, tenant: str, document_id: str, *, by: str, correlation_id: str) -> None:
        """Forget original, versions, chunks and vectors. NotFound `document_not_found`."""
        document = self.store.document(tenant, document_id)
        self.store.begin_delete(tenant, document_id, at=self.now(), by=by)
        self.originals.remove_all(tenant, document_id)
        event = DocumentDeleted(document_id, document.title if document else "", self.now().isoformat())
        stream = StreamId(tenant, "document", document_id)
        Record(self.events, self.now)(
            stream, event, Metadata(correlation_id, None, by), known=lambda past: past.type == "DocumentDeleted"
        )
        self.store.finish_delete(tenant, document_id)
