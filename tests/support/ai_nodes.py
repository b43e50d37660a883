"""Running one AI node outside of a run: its runner over memory, with a scripted model."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.claims import MemoryClaims
from heddle.adapters.memory.conversation_memory import MemoryConversationMemory
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.nodes.ai import ai_runners
from heddle.application.models.answer import EmbeddingsAnswer
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.models import CompletionRequest, EmbeddingRequest, Embeddings
from heddle.domain.events.codec import decode
from heddle.domain.events.envelope import StreamId
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.testing.direct_models import DirectModels
from heddle.testing.scripted_model import Script, ScriptedModel

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def no_http(task: NodeTask) -> NodeResult:
    raise AssertionError("nothing was to be sent")


@dataclass
class CountingEmbedder:
    """Gives each text its length as a vector, and notes the requests."""

    asked: list[EmbeddingRequest] = field(default_factory=list)
    models: list[str | None] = field(default_factory=list)
    fail_at: int = 0

    def __call__(self, caller: Caller, model: str | None, request: EmbeddingRequest) -> EmbeddingsAnswer:
        self.asked.append(request)
        self.models.append(model)
        if len(self.asked) == self.fail_at:
            raise ConnectionError("gone")
        vectors = tuple((float(len(text)), 1.0) for text in request.texts)
        billed = Billed("scripted", "embed-1", len(request.texts), 0, 10**9, 2.0)
        return EmbeddingsAnswer(Embeddings(vectors, "embed-1", "scripted", len(request.texts)), billed)


@dataclass
class AiBench:
    """The runners of all AI nodes. Without a script the extractive provider answers."""

    script: Script | None = None
    http: Callable[[NodeTask], NodeResult] = no_http
    parts: dict[str, Any] = field(default_factory=dict)
    events: MemoryEventStore = field(default_factory=MemoryEventStore)
    blobs: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    memory: MemoryConversationMemory = field(default_factory=MemoryConversationMemory)
    embedder: CountingEmbedder = field(default_factory=CountingEmbedder)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.model = ScriptedModel(self.script if self.script is not None else [])
        ids = itertools.count()
        wired: dict[str, Any] = {
            "ask": self.model if self.script is not None else DirectModels().ask,
            "embed": self.embedder,
            "events": self.events,
            "blobs": self.blobs,
            "claims": MemoryClaims(),
            "memory": self.memory,
            "http": self.http,
            "now": lambda: NOW,
            "new_id": lambda: f"id-{next(ids)}",
            "sleep": self.slept.append,
        }
        self.runners = ai_runners(**(wired | self.parts))

    def run(self, type_: str, *, task: dict[str, Any] | None = None, **config: Any) -> NodeResult:
        base = {"tenant": "acme", "run_id": "run-1", "node_id": "n", "attempt": 1, "timeout": 60.0}
        more = {"idempotency_key": "key", "correlation_id": "corr-1", "principal": "user:ada"}
        return self.runners[type_](NodeTask(**{**base, **more, **(task or {}), "type": type_, "config": config}))

    @property
    def requests(self) -> list[CompletionRequest]:
        return [asked.request for asked in self.model.asked]

    def history(self, run_id: str = "run-1") -> list[Any]:
        events = self.events.read(StreamId("acme", "conversation", f"{run_id}.n")).events
        return [decode(event.type, event.data, event.schema_version) for event in events]
