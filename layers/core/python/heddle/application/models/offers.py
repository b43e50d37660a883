"""What a tenant's models are, what one of them costs for a request, and whether the request fits.

Settings are kept for a few seconds per process: an alias that was changed holds from then on, everywhere.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from heddle import records
from heddle.application.ports.model_settings import ModelSettingsStore
from heddle.application.ports.models import Completion, CompletionRequest, ModelProvider
from heddle.domain.models.prices import Price, PriceBook, unpriced
from heddle.domain.models.resolve import Candidate, StageProviders, candidates
from heddle.domain.models.settings import ModelSettings
from heddle.domain.models.tokens import (
    REQUEST_TOKENS,
    Exact,
    bound,
    count_request,
    counted_bound,
    family,
    window,
)
from heddle.errors import NodeError

KEPT_SECONDS = 10.0
KEPT_TENANTS = 1000


@records.dataclass(frozen=True, slots=True)
class Offer:
    """A model for one request: the most tokens it can read and write, and what these cost in picodollars."""

    price: Price
    bound: int
    max_output: int
    cache_seconds: int = 0

    @property
    def source(self) -> str:
        """Where the price is from, and of when."""
        return self.price.source

    def worst(self, input_tokens: int, output_tokens: int | None = None) -> int:
        """Return the most that so many tokens cost; None: as many as the call may write."""
        return self.price.worst(input_tokens, self.max_output if output_tokens is None else output_tokens)

    def price_of(self, input_tokens: int, output_tokens: int) -> int:
        """Return what so many tokens cost."""
        return self.price.cost(input_tokens, output_tokens)

    def cost(self, completion: Completion) -> int:
        """Return what an answer cost."""
        return self.price.cost(
            completion.input_tokens,
            completion.output_tokens,
            cached_tokens=completion.cached_tokens,
            cache_write_tokens=completion.cache_write_tokens,
        )


@records.dataclass(frozen=True, slots=True)
class _Known:
    settings: ModelSettings
    prices: PriceBook
    until: float


@dataclass(frozen=True)
class Offers:
    """The models of tenants. `exact` counts OpenAI's tokens where its tokenizer is at hand, else it is None."""

    settings: ModelSettingsStore
    stage: StageProviders
    monotonic: Callable[[], float]
    exact: Exact | None = None
    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def chain(self, tenant: str, name: str | None) -> tuple[Candidate, ...]:
        """Return the models that a name stands for, in the order in which they are asked.

        Raises NodeError `llm_model_unknown`, `llm_provider_unavailable`.
        """
        return candidates(self._of(tenant).settings, self.stage, name)

    def offer(self, tenant: str, candidate: Candidate, request: CompletionRequest, *, at: datetime) -> Offer:
        """Price a request for one model, at the moment `at`.

        Raises NodeError `llm_model_unpriced`, and `llm_context_too_long` with the count, before any call. The count is
        exact for OpenAI's models and an estimate for others, which then may still refuse by themselves.
        """
        price = self.price(tenant, candidate, at=at)
        most = bound(request, family(candidate.provider.kind, candidate.model))
        limits = window(candidate.provider, candidate.model)
        if limits.context is not None and most + request.max_tokens > limits.context:
            self._check_window(candidate, request, limits.context)
        # Not cut to what the table says the model writes at most: the table may be older than the model.
        return Offer(price, most, request.max_tokens, self._of(tenant).settings.cache_seconds)

    def price(self, tenant: str, candidate: Candidate, *, at: datetime) -> Price:
        """Return what a model costs at a moment; raises NodeError `llm_model_unpriced` if nobody knows."""
        price = self._of(tenant).prices.price(candidate.provider, candidate.model, at)
        if price is None:
            raise unpriced(candidate.ref)
        return price

    def counted_tokens(self, candidate: Candidate, provider: ModelProvider, request: CompletionRequest) -> int | None:
        """Return how many input tokens a request has at most, by counting; None where nobody can do so for free.

        Providers call their own counts estimates, which may be off by a little.
        """
        counted = counted_bound(request, family(candidate.provider.kind, candidate.model), self.exact)
        if counted is None and (told := provider.input_tokens(request)) is not None:
            counted = told + REQUEST_TOKENS
        return counted

    def _check_window(self, candidate: Candidate, request: CompletionRequest, context: int) -> None:
        counted = count_request(family(candidate.provider.kind, candidate.model), request, self.exact)
        if counted.tokens + request.max_tokens <= context:
            return
        about = "" if counted.exact else "about "
        raise NodeError(
            f"the request has {about}{counted.tokens} tokens and asks for {request.max_tokens} more, "
            f"but {candidate.ref} takes {context} in all",
            code="llm_context_too_long",
            tokens=counted.tokens,
            max_tokens=request.max_tokens,
            context_window=context,
            exact=counted.exact,
            model=str(candidate.ref),
        )

    def _of(self, tenant: str) -> _Known:
        now = self.monotonic()
        with self._lock:
            known = self._known.get(tenant)
        if known is not None and now < known.until:
            return known
        settings = self.settings.get(tenant)
        known = _Known(settings, PriceBook(settings), now + KEPT_SECONDS)
        with self._lock:
            self._known[tenant] = known
            self._known.move_to_end(tenant)
            while len(self._known) > KEPT_TENANTS:
                self._known.popitem(last=False)
        return known
