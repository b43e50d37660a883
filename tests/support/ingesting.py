"""Documents from end to end in this process: what the state machine does, step by step, over any stores."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from heddle.adapters.content.parse import parse
from heddle.adapters.memory.documents import MemoryDocumentStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.ingests import MemoryIngests, MemoryReembeds
from heddle.adapters.memory.originals import MemoryOriginals
from heddle.application.documents.add_document import AddDocument, Draft
from heddle.application.documents.delete_document import DeleteDocument
from heddle.application.documents.embed_chunks import EmbedChunks
from heddle.application.documents.failure import reason
from heddle.application.documents.read_original import ReadOriginal
from heddle.application.documents.reembed import BeginReembed, ReembedStep
from heddle.application.documents.search_documents import SearchDocuments
from heddle.application.documents.store_document import FailDocument, StoreDocument
from heddle.application.models.answer import EmbedTexts
from heddle.application.models.caller import Caller
from heddle.application.ports.documents import DocumentStore, Kept
from heddle.application.ports.ingests import IngestJob
from heddle.domain.events.envelope import Event, StreamId
from heddle.errors import HeddleError
from heddle.runtime.clock import now
from heddle.runtime.errors import as_machine_error
from heddle.testing.direct_models import DirectModels

TENANT = "acme"
BY = "user:ada"


@dataclass
class Library:
    """A tenant's documents, with everything that they need."""

    store: DocumentStore = field(default_factory=MemoryDocumentStore)
    originals: MemoryOriginals = field(default_factory=MemoryOriginals)
    events: MemoryEventStore = field(default_factory=MemoryEventStore)
    ingests: MemoryIngests = field(default_factory=MemoryIngests)
    reembeds: MemoryReembeds = field(default_factory=MemoryReembeds)
    embed: EmbedTexts = field(default_factory=lambda: DirectModels().embed)
    ids: Any = field(default_factory=lambda: count(1))

    def new_id(self) -> str:
        """Return the next id."""
        return f"{next(self.ids):026d}"

    @property
    def adding(self) -> AddDocument:
        """Takes documents in."""
        return AddDocument(self.store, self.originals, self.ingests, now, self.new_id)

    @property
    def deleting(self) -> DeleteDocument:
        """Deletes documents."""
        return DeleteDocument(self.store, self.originals, self.events, now)

    @property
    def searching(self) -> SearchDocuments:
        """Searches."""
        return SearchDocuments(self.store, self.embed)

    def caller(self, tenant: str = TENANT) -> Caller:
        """Return who asks."""
        return Caller(tenant, BY, self.new_id(), correlation_id="c-1")

    def add(self, text: str | None = None, *, tenant: str = TENANT, **fields: Any) -> Kept:
        """Hand a document in."""
        return self.adding(tenant, Draft(text=text, **fields), by=BY, correlation_id="c-1")

    def upload(self, data: bytes, name: str, media_type: str, *, tenant: str = TENANT) -> str:
        """PUT a file and return what names it."""
        place = self.originals.uploads.upload_url(tenant, name, media_type, len(data))
        self.originals.uploads.receive(place.object, data, media_type=media_type)
        return place.object

    def ingest(self) -> list[dict[str, Any]]:
        """Carry out everything that was started, as the state machine does, and return how each ended."""
        started, self.ingests.started = self.ingests.started, {}
        return [self.run(job) for job in started.values()]

    def run(self, job: IngestJob) -> dict[str, Any]:
        """Carry out one job."""
        try:
            ReadOriginal(self.originals, parse, lambda: 30.0)(job)
            embedded = EmbedChunks(self.originals, self.embed, self.new_id)(job)
            return StoreDocument(self.store, self.originals, self.events, now)(job, embedded)
        except HeddleError as error:
            raised = as_machine_error(error)
            cause = {"Error": type(raised).__name__, "Cause": f'{{"errorMessage": "{raised}"}}'}
            code, message, _ = reason(cause)
            return FailDocument(self.store, self.originals, self.events, now)(job, code, message)

    def found(self, text: str, *, tenant: str = TENANT, **options: Any) -> list[str]:
        """Return the texts that are found, best first."""
        return [hit.text for hit in self.searching(self.caller(tenant), text, **options).found.hits]

    def history(self, document_id: str, tenant: str = TENANT) -> list[Event]:
        """Return what happened to a document."""
        return list(self.events.read(StreamId(tenant, "document", document_id)).events)

    def begin_reembed(self, model: str | None = None) -> None:
        """Begin to make vectors anew."""
        BeginReembed(self.store, self.embed, self.reembeds, now, self.new_id)(self.caller(), model)

    def reembed(self) -> dict[str, Any]:
        """Do one step of what was begun last."""
        state = list(self.reembeds.started.values())[-1]
        step = ReembedStep(self.store, self.embed, now, self.new_id, time.monotonic)
        return step(state["tenant"], state["model"], state["principal"], state["id"], seconds=600)
