"""Ingesting documents in this process, as soon as they are handed in: what the state machine does on a stage."""

import uuid
from dataclasses import dataclass, field

from heddle.adapters.content.parse import parse
from heddle.adapters.memory.documents import MemoryDocumentStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.originals import MemoryOriginals
from heddle.application.documents.embed_chunks import EmbedChunks
from heddle.application.documents.read_original import ReadOriginal
from heddle.application.documents.store_document import FailDocument, StoreDocument
from heddle.application.models.answer import EmbedTexts
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.ingests import IngestJob
from heddle.application.ports.originals import Originals
from heddle.errors import HeddleError
from heddle.runtime.clock import now

SECONDS = 60.0


@dataclass
class DirectIngests:
    """An Ingests that carries each job out when it is started."""

    embed: EmbedTexts
    store: DocumentStore = field(default_factory=MemoryDocumentStore)
    originals: Originals = field(default_factory=MemoryOriginals)
    events: EventStore = field(default_factory=MemoryEventStore)

    def start(self, job: IngestJob) -> None:
        try:
            ReadOriginal(self.originals, parse, lambda: SECONDS)(job)
            embedded = EmbedChunks(self.originals, self.embed, lambda: uuid.uuid4().hex)(job)
            StoreDocument(self.store, self.originals, self.events, now)(job, embedded)
        except HeddleError as error:
            FailDocument(self.store, self.originals, self.events, now)(job, error.code, error.message)
