"""A bench for conversations and agents: stores in memory, a scripted model, tools that count, and crashes on demand."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.claims import MemoryClaims
from heddle.adapters.memory.events import MemoryEventStore
from heddle.application.agents.conversation import Conversation, Conversations
from heddle.application.agents.records import ToolOutcome
from heddle.application.agents.run_agent import AgentResult, AgentTask, RunAgent
from heddle.application.agents.tools import ToolUse
from heddle.application.ports.models import CompletionRequest, ToolSpec
from heddle.domain.events.codec import decode
from heddle.domain.events.envelope import StreamId
from heddle.domain.nodes.spec import NodeTask
from heddle.testing.scripted_model import Script, ScriptedModel

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TASK = NodeTask("acme", "run-1", "agent", 1, "agent", {}, 600.0, "run-1#agent#1#-", "corr-1", principal="user:ada")


class Crash(Exception):
    """The function died here."""


@dataclass
class Points:
    """Counts the points where a function could die, and dies at the one that was chosen."""

    die_at: int | None = None
    passed: list[str] = field(default_factory=list)
    died_at: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, name: str) -> None:
        with self._lock:
            self.passed.append(name)
            if len(self.passed) == self.die_at:
                self.died_at = name
                raise Crash(name)


class WatchedStore:
    """An event store that can die before and after it appends."""

    def __init__(self, store: MemoryEventStore, points: Points) -> None:
        self._store, self._points = store, points
        self.streams, self.commits = store.streams, store.commits
        self.save_snapshot, self.snapshot = store.save_snapshot, store.snapshot

    def read(self, stream: StreamId, *, after: int = 0) -> Any:
        return self._store.read(stream, after=after)

    def append(self, history: Any, events: Any, metadata: Any) -> Any:
        self._points("append:before")
        commit = self._store.append(history, events, metadata)
        self._points("append:after")
        return commit


class Watched:
    """A token stream that notes everything."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def text(self, piece: str) -> None:
        self.seen.append(piece)

    def step(self) -> None:
        self.seen.append("step")

    def restart(self) -> None:
        self.seen.append("restart")

    def tool(self, name: str, *, call_id: str, state: str, **facts: Any) -> None:
        self.seen.append((name, state))

    def done(self, usage: Mapping[str, Any] | None = None) -> None:
        self.seen.append(("done", dict(usage or {}).get("cost_usd")))

    def error(self, code: str, message: str) -> None:
        self.seen.append(("error", code))


@dataclass
class CountingTool:
    """A tool that notes what it was called with, and gives what `act` makes of it."""

    name: str
    act: Callable[[dict[str, Any]], Any] = lambda arguments: arguments
    parameters: dict[str, Any] = field(default_factory=lambda: {"type": "object"})
    once: bool = False
    used: list[ToolUse] = field(default_factory=list)
    points: Points = field(default_factory=Points)

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(self.name, f"does {self.name}", self.parameters)

    def call(self, use: ToolUse) -> ToolOutcome:
        self.points("tool:before")
        self.used.append(use)
        result = self.act(use.arguments)
        self.points("tool:after")
        return ToolOutcome(result)


@dataclass
class AgentBench:
    """Everything an agent needs. `model` answers; several conversations on it stand for several deliveries."""

    model: ScriptedModel
    points: Points = field(default_factory=Points)
    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    blobs: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    claims: MemoryClaims = field(default_factory=MemoryClaims)
    slept: list[float] = field(default_factory=list)
    while_asleep: Callable[[], Any] = lambda: None
    _ids: Any = field(default_factory=itertools.count)

    @classmethod
    def of(cls, script: Script, **parts: Any) -> "AgentBench":
        return cls(ScriptedModel(script), **parts)

    def parts(self) -> Conversations:
        def ask(*arguments: Any, **options: Any) -> Any:
            self.points("ask:before")
            answer = self.model(*arguments, **options)
            self.points("ask:after")
            return answer

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.while_asleep()

        store: Any = WatchedStore(self.store, self.points)
        return Conversations(
            store,
            self.blobs,
            self.claims,
            ask,
            lambda: NOW,
            lambda: f"id-{next(self._ids)}",
            time.monotonic,
            sleep,
        )

    def open(self, task: NodeTask = TASK) -> Conversation:
        return self.parts().open(task)

    def run(self, *tools: CountingTool, task: NodeTask = TASK, stream: Any = None, **fields: Any) -> AgentResult:
        for tool in tools:
            tool.points = self.points
        request = CompletionRequest("What is it?", system="You help.")
        agent = AgentTask(**{"request": request, "model": "best", "seconds": 60.0, **fields})
        return RunAgent(self.open(task), {tool.name: tool for tool in tools}, stream)(agent)

    def events(self, task: NodeTask = TASK) -> list[Any]:
        name = f"{task.run_id}.{task.node_id}" + ("" if task.item_index is None else f".{task.item_index}")
        stored = self.store.read(StreamId(task.tenant, "conversation", name)).events
        return [decode(event.type, event.data, event.schema_version) for event in stored]

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events()]
