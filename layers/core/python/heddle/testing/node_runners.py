"""The node types that functions host, to be run in this process: the real ones, over memory instead of AWS."""

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from heddle.adapters.content.detect_language import detect_language
from heddle.adapters.content.read_content import read_content
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.claims import MemoryClaims
from heddle.adapters.memory.conversation_memory import MemoryConversationMemory
from heddle.adapters.memory.documents import MemoryDocumentStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.originals import MemoryOriginals
from heddle.adapters.nodes.ai import ai_runners
from heddle.adapters.nodes.analyze import AnalyzeNode
from heddle.adapters.nodes.code import CodeNode
from heddle.adapters.nodes.documents.sources import DocumentSources
from heddle.adapters.nodes.emit import EmitNode
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.http import HttpNode
from heddle.adapters.nodes.ingest import IngestNode
from heddle.adapters.nodes.parse import ParseNode
from heddle.adapters.nodes.search import SearchNode
from heddle.application.content.analyze_bytes import AnalyzeBytes
from heddle.application.content.refine import RefineAnalysis
from heddle.application.documents.add_document import AddDocument
from heddle.application.documents.search_documents import SearchDocuments
from heddle.application.models.answer import AskModel, EmbedTexts
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.events import EventStore
from heddle.domain.nodes.spec import NodeRunners
from heddle.testing.direct_models import DirectModels
from heddle.testing.documents import DirectIngests
from heddle.testing.plugins import DirectPlugins, sandbox


def node_runners(
    *,
    allowed_hosts: str = "",
    provider: str = "extractive",
    blobs: BlobStore | None = None,
    emitted: list[Mapping[str, Any]] | None = None,
    ask: AskModel | None = None,
    embed: EmbedTexts | None = None,
    events: EventStore | None = None,
    documents: DocumentStore | None = None,
    plugins: DirectPlugins | None = None,
    **parts: Any,
) -> NodeRunners:
    """Return runners of every type that functions host, for the `runners` of `run_workflow`.

    `allowed_hosts` (`host:port,…`) may be called though their addresses are private. `provider` answers nodes that name
    no model, or `ask` answers all of them (a ScriptedModel, say), and `embed` gives the vectors. Documents that are
    named by `object` are looked for in `blobs`; conversations are recorded in `events`. What `emit` nodes put on the
    bus is added to `emitted`, as EventBridge's PutEvents takes it. `documents` are what `search` and
    `ingest` are about, `plugins` what `code` nodes may name. `parts` are further ones of `ai_runners`.
    """
    client = GuardedClient(allowed=allowed_hosts)
    bus: list[Mapping[str, Any]] = [] if emitted is None else emitted
    blobs = MemoryBlobStore() if blobs is None else blobs
    models, http = DirectModels(provider), HttpNode(client)

    def put_events(Entries: list[Mapping[str, Any]]) -> dict[str, Any]:
        bus.extend(Entries)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": str(len(bus))} for _ in Entries]}

    ai: dict[str, Any] = {
        "ask": ask or models.ask,
        "embed": embed or models.embed,
        "events": events or MemoryEventStore(),
        "blobs": blobs,
        "claims": MemoryClaims(),
        "memory": MemoryConversationMemory(),
        "http": http,
        "now": lambda: datetime.now(UTC),
        "new_id": lambda: uuid.uuid4().hex,
    }
    store = MemoryDocumentStore() if documents is None else documents
    originals = MemoryOriginals(blobs) if isinstance(blobs, MemoryBlobStore) else MemoryOriginals()
    ingests = DirectIngests(ai["embed"], store, originals, ai["events"])
    add = AddDocument(store, originals, ingests, ai["now"], ai["new_id"])
    sources = DocumentSources(client, blobs)
    return {
        "http": http,
        "search": SearchNode(SearchDocuments(store, ai["embed"]), ai["new_id"]),
        "ingest": IngestNode(add, store, time.sleep, time.monotonic),
        "code": CodeNode((plugins or DirectPlugins()).call, sandbox(), blobs),
        "parse": ParseNode(sources),
        "analyze": AnalyzeNode(
            sources,
            AnalyzeBytes(read_content, time.monotonic, detect_language),
            lambda: RefineAnalysis(ai["ask"], time.monotonic),
            ai["new_id"],
        ),
        "emit": EmitNode(put_events, "memory"),
        **ai_runners(**(ai | parts)),
    }
