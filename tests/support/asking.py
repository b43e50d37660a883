"""A model pipeline in memory: real settings, prices, budgets and ledger; providers that answer as a test tells them."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from heddle.adapters.memory.breakers import MemoryCircuitStore
from heddle.adapters.memory.cache import MemoryNodeCache
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.model_settings import MemoryModelSettingsStore
from heddle.adapters.memory.spend import MemorySpend
from heddle.application.budgets.purse import BudgetPurse
from heddle.application.models.answer import Answer
from heddle.application.models.ask_model import AskModels
from heddle.application.models.breakers import Breakers
from heddle.application.models.caller import Caller
from heddle.application.models.embed_texts import EmbedModels
from heddle.application.models.offers import Offers
from heddle.application.models.response_cache import ResponseCache
from heddle.application.ports.models import (
    Completion,
    CompletionRequest,
    Delta,
    EmbeddingRequest,
    Embeddings,
)
from heddle.application.ports.spend import Grant, Purse
from heddle.application.ports.usage import LedgerLine
from heddle.application.streams.upstream import StreamWithRestarts
from heddle.domain.budgets.budget import Budget
from heddle.domain.budgets.counter import CounterKey
from heddle.domain.models.resolve import Candidate, StageProviders
from heddle.domain.models.settings import ModelRef, ModelSettings, ProviderConfig
from heddle.domain.money import picos
from heddle.errors import NodeError, UpstreamUnavailable

TENANT = "acme"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GPT, CLAUDE = "openai/gpt-5-mini", "anthropic/claude-haiku-4-5"
CHAIN = {"best": (ModelRef("openai", "gpt-5-mini"), ModelRef("anthropic", "claude-haiku-4-5"))}
COST = "0.00045"
"""Of an answer of GPT with 1000 tokens in and 100 out, at 0.25 and 2 USD a million."""
STAGE = StageProviders(
    {name: ProviderConfig(name, name) for name in ("openai", "anthropic", "ollama")}, default="openai"
)

Step = Completion | NodeError | BaseException | tuple[Any, ...]
"""An answer, a failure, or for streams: pieces of text that end with one of the two; for vectors, () is success."""


def answer(text: str = "Cloth.", *, read: int = 1000, written: int = 100, **more: Any) -> Completion:
    """Return an answer with its usage; provider and model are filled in when it is given."""
    return Completion(text, "", "", "end", read, written, **more)


def trouble(code: str, **details: Any) -> NodeError:
    """Return a provider's failure."""
    return NodeError(f"provider: {code}", code=code, retryable=code in ("llm_unavailable", "llm_timeout"), **details)


@dataclass
class Scripted:
    """A provider that plays its steps, one a call.

    `asked` keeps the questions, `counts` is what it counts itself, `vectors` how many it gives at most.
    """

    name: str
    steps: Iterator[Step]
    counts: int | None = None
    asked: list[CompletionRequest] = field(default_factory=list)
    vectors: int | None = None

    def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        step = next(self.steps)
        if isinstance(step, tuple):
            step = step[-1]
        if isinstance(step, BaseException):
            raise step
        return self._signed(step, request)

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        self.asked.append(request)
        step = next(self.steps)
        for piece in step if isinstance(step, tuple) else (step,):
            if isinstance(piece, BaseException):
                raise piece
            yield Delta(piece) if isinstance(piece, str) else self._signed(piece, request)

    def input_tokens(self, request: CompletionRequest) -> int | None:
        return self.counts

    def embed(self, request: EmbeddingRequest) -> Embeddings:
        step = next(self.steps)
        if isinstance(step, BaseException):
            raise step
        vectors = tuple((1.0, 0.0) for _ in request.texts)
        return Embeddings(vectors[: self.vectors], request.model or "", self.name, 10 * len(vectors))

    def _signed(self, completion: Completion, request: CompletionRequest) -> Completion:
        return replace(completion, provider=self.name, model=request.model or "default")


@dataclass
class Asking:
    """The pipeline, and what a test looks at behind it."""

    spend: MemorySpend = field(default_factory=MemorySpend)
    settings: MemoryModelSettingsStore = field(default_factory=MemoryModelSettingsStore)
    breakers: Breakers = field(default_factory=lambda: Breakers(MemoryCircuitStore()))
    providers: dict[str, Scripted] = field(default_factory=dict)
    at: datetime = NOON
    tenant: str = TENANT
    stage: StageProviders = STAGE
    connecting: Callable[[str, Candidate], Any] | None = None
    """Connects candidates instead of the script."""

    def __post_init__(self) -> None:
        ids = itertools.count(1)
        self.purse = BudgetPurse(self.spend, self.spend, MemoryEventStore(), self.now, lambda: 0.5, self.sleep)
        self.offers = Offers(self.settings, self.stage, self.monotonic)
        self.ask = AskModels(
            offers=self.offers,
            connect=self.connect,
            purse=self.purse,
            breakers=self.breakers,
            cache=ResponseCache(MemoryNodeCache(), self.now),
            stream=StreamWithRestarts(self.monotonic, self.sleep, lambda: 0.5),
            now=self.now,
            monotonic=self.monotonic,
            new_id=lambda: f"call-{next(ids)}",
        )
        self.embed = EmbedModels(
            offers=self.offers,
            connect=self.connect,
            purse=self.purse,
            breakers=self.breakers,
            now=self.now,
            monotonic=self.monotonic,
            new_id=lambda: f"call-{next(ids)}",
        )

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def connect(self, tenant: str, candidate: Candidate) -> Any:
        """Return the provider that a test has told what to do; one it has not told has no key."""
        if self.connecting is not None:
            return self.connecting(tenant, candidate)
        name = candidate.provider.name
        if name not in self.providers:
            raise trouble("llm_auth")
        return self.providers[name]

    def script(self, name: str, *steps: Step, counts: int | None = None) -> Scripted:
        """Tell a provider what to do."""
        self.providers[name] = Scripted(name, iter(steps), counts)
        return self.providers[name]

    def configure(self, **changes: Any) -> None:
        """Save settings of the tenant; they hold at once."""
        self.settings.save(
            self.tenant, ModelSettings(**changes), expected_version=self.settings.get(self.tenant).version
        )
        self.at += timedelta(seconds=60)

    def budget(self, limit_usd: str, **more: Any) -> Budget:
        """Put a budget of the whole tenant for the month."""
        values: dict[str, Any] = {"id": "b", "scope": "tenant", "subject": "*", "period": "month"} | more
        budget = Budget(limit=picos(limit_usd), **values)
        self.spend.put(self.tenant, budget, self.spend.control(self.tenant))
        return budget

    def question(self, model: str | None = GPT, **more: Any) -> Answer:
        """Ask for a run of user ada."""
        hear: dict[str, Callable[..., None]] = {
            name: more.pop(name) for name in ("on_text", "on_restart") if name in more
        }
        values: dict[str, Any] = {"prompt": "What does a loom weave?", "max_tokens": 100} | more
        request = CompletionRequest(**values)
        return self.ask(caller(), model, request, **hear)

    def lines(self) -> list[LedgerLine]:
        """Return the ledger's lines of the day."""
        found = self.spend.of_day(self.tenant, date(self.at.year, self.at.month, self.at.day), limit=100)
        return list(found.items)


@dataclass
class NeverTold:
    """A purse that cannot be told how a call ended."""

    purse: Purse

    def reserve(self, *args: Any, **named: Any) -> Grant:
        return self.purse.reserve(*args, **named)

    def settle(self, *_: Any) -> None:
        raise UpstreamUnavailable("the table is away")

    def release(self, *_: Any, reason: str) -> None:
        raise UpstreamUnavailable(f"the table is away: {reason}")

    def book(self, *args: Any) -> None:
        self.purse.book(*args)


def caller(**more: Any) -> Caller:
    """Return who asks."""
    values: dict[str, Any] = {
        "principal": "user:ada",
        "call_id": "",
        "workflow_id": "w",
        "run_id": "r",
        "root_run_id": "r",
    }
    return Caller(TENANT, **(values | {"node_id": "a"} | more))


def left(asking: Asking, budget: Budget) -> int:
    """Return what is neither spent nor reserved of a budget of the tenant, this month."""
    key = CounterKey(budget.id, budget.generation, "*", "2026-01")
    found = asking.spend.look(TENANT, keys=[key]).counters.get(key)
    return budget.limit if found is None else found.left
