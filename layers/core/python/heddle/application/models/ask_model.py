"""Ask a model: find who answers, take the worst case from the budgets, call, and book the truth.

name ──► chain of candidates ──► breaker open? ── yes ─► next
                                    │ no
                                    ▼
          priced? fits the window? ── answered before? ──► the answer, booked at nothing
                                    │
                                    ▼
          reserve the worst case ── refused: count exactly, once ── refused again: the caller's error
                                    │        └ a budget says: the cheaper alias ─► its chain
                                    ▼
          call ──► answer: settle, close the breaker
               └─► failure: settle what it may have cost, or release ──► one that others may not have: next
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from heddle.application.models.admitted import admitted
from heddle.application.models.answer import Answer
from heddle.application.models.breakers import Breakers
from heddle.application.models.caller import ESTIMATED, Billed, Caller
from heddle.application.models.offers import Offer, Offers
from heddle.application.models.purse_in_the_middle import OF_BUDGETS, left_to_the_sweeper, to_be_allowed
from heddle.application.models.response_cache import ResponseCache
from heddle.application.models.spent_in_vain import end_in_vain, spent_in_vain
from heddle.application.models.tried import Tried
from heddle.application.ports.models import Completion, CompletionRequest, ModelProvider
from heddle.application.ports.spend import Grant, Purse
from heddle.application.streams.upstream import StreamWithRestarts
from heddle.domain.models.resolve import NEXT_MAY_HELP, Candidate
from heddle.errors import NodeError

Connect = Callable[[str, Candidate], ModelProvider]
"""Gives the provider of a candidate for a tenant, with its key; raises NodeError llm_auth where there is none."""


@dataclass(frozen=True)
class AskModels:
    """An AskModel over budgets, breakers and providers; see the picture above.

    `stream` reads an answer as it is written, and begins anew where it breaks off; `new_id` names calls, so that
    nothing is reserved or booked twice.
    """

    offers: Offers
    connect: Connect
    purse: Purse
    breakers: Breakers
    cache: ResponseCache
    stream: StreamWithRestarts
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]

    def __call__(
        self,
        caller: Caller,
        model: str | None,
        request: CompletionRequest,
        *,
        on_text: Callable[[str], None] | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Answer:
        """Ask, see `AskModel`."""
        return self._ask_chain(caller, model, request, _Talk(on_text, on_restart), may_downgrade=True)

    def _ask_chain(
        self, caller: Caller, model: str | None, request: CompletionRequest, talk: "_Talk", *, may_downgrade: bool
    ) -> Answer:
        tried = Tried()
        for candidate in self.offers.chain(caller.tenant, model):
            try:
                return self._admitted(caller, candidate, request, talk)
            except _Downgrade as instead:
                if not may_downgrade:
                    raise NodeError(
                        f"a budget asks for the alias `{instead.alias}`, whose own budget asks for another one",
                        code="budget_exceeded",
                    ) from None
                return self._ask_chain(caller, instead.alias, request, talk, may_downgrade=False)
            except NodeError as error:
                if error.code not in NEXT_MAY_HELP:
                    raise
                tried.add(candidate, error)
        raise tried.failure()

    def _admitted(self, caller: Caller, candidate: Candidate, request: CompletionRequest, talk: "_Talk") -> Answer:
        """Ask one candidate if its circuit breaker lets the call through, and tell the breaker how it went."""
        with admitted(
            self.breakers, caller.tenant, candidate, self.new_id(), now=self.now, seconds=request.timeout
        ) as circuit:
            answer = self._ask(caller, candidate, request, talk)
            if not answer.billed.cached:
                circuit.succeeded()
            return answer

    def _ask(self, caller: Caller, candidate: Candidate, request: CompletionRequest, talk: "_Talk") -> Answer:
        """Ask one candidate."""
        request = replace(request, model=candidate.model or None)
        offer = self.offers.offer(caller.tenant, candidate, request, at=self.now())
        kept_for = offer.cache_seconds if request.cache else 0
        kept = self.cache.get(caller.tenant, candidate, request) if kept_for else None
        if kept is not None:
            billed = _billed(kept, candidate, offer, 0, 0.0, cached=True)
            self.purse.book(self.named(caller), billed)
            talk.begin()
            talk.say(kept.text)
            return Answer(kept, billed)
        provider = self.connect(caller.tenant, candidate)
        answer = self._call(_Call(self, caller, candidate, offer, provider, request), talk)
        if kept_for:
            self.cache.put(caller.tenant, candidate, request, answer.completion, seconds=kept_for)
        return answer

    def _call(self, call: "_Call", talk: "_Talk") -> Answer:
        call.reserve()
        talk.begin()
        try:
            if talk.on_text is None:
                completion = call.provider.complete(call.request)
            else:
                completion = self.stream(
                    call.provider, call.request, talk.say, talk.restart, on_broken=call.again
                ).completion
        except NodeError as error:
            call.fail(error)
            raise
        # Anything else is a bug, or the end of the function: nobody knows whether the provider worked, so the worst
        # case stays reserved until the sweeper books it.
        return Answer(completion, call.settle(completion))

    def named(self, caller: Caller) -> Caller:
        """Return the caller with the name of the call that is about to be made."""
        return replace(caller, call_id=self.new_id())


class _Downgrade(Exception):
    """A budget wants the cheaper alias."""

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        self.alias = alias


class _Call:
    """One question to one candidate, and what is reserved for it now."""

    def __init__(
        self,
        asking: AskModels,
        caller: Caller,
        candidate: Candidate,
        offer: Offer,
        provider: ModelProvider,
        request: CompletionRequest,
    ) -> None:
        self.provider, self.request = provider, request
        self._asking, self._caller, self._candidate, self._offer = asking, caller, candidate, offer
        self._grant: Grant | None = None
        self._began = 0.0

    def reserve(self) -> None:
        """Reserve the worst case by the cheap bound; count exactly only where a budget would not have that."""
        asking, offer = self._asking, self._offer
        self._caller = asking.named(self._caller)
        taken = self._take(offer.worst(offer.bound))
        if not isinstance(taken, Grant) or taken.downgrade_to is not None:
            exact = asking.offers.counted_tokens(self._candidate, self.provider, self.request)
            if exact is not None and offer.worst(exact) < offer.worst(offer.bound):
                taken = self._take(offer.worst(exact))
        if not isinstance(taken, Grant):
            raise to_be_allowed(taken)
        if taken.downgrade_to is not None:
            raise _Downgrade(taken.downgrade_to)
        self._grant, self._began = taken, asking.monotonic()

    def again(self, broken: NodeError) -> None:
        """Pay for a stream that broke off, and reserve for the one that is begun instead."""
        self._pay(broken)
        self.reserve()

    def settle(self, completion: Completion) -> Billed:
        """Book what the answer cost."""
        asking, offer = self._asking, self._offer
        took = round((asking.monotonic() - self._began) * 1000, 3)
        billed = _billed(completion, self._candidate, offer, offer.cost(completion), took)
        grant, self._grant = self._grant, None
        assert grant is not None, "settled once"
        with left_to_the_sweeper(self._caller):
            asking.purse.settle(self._caller, grant, billed)
        return billed

    def fail(self, error: NodeError) -> None:
        """Book what the failure may have cost."""
        if self._grant is not None:  # a restart that no budget allowed has settled what was before it
            self._pay(error)

    def _take(self, amount: int) -> Grant | NodeError:
        """Reserve so much; return the refusal of a budget, which may be otherwise for less."""
        provider, model = self._candidate.provider.name, self._candidate.model
        try:
            return self._asking.purse.reserve(
                self._caller,
                amount,
                provider=provider,
                model=model,
                seconds=self.request.timeout,
                alias=self._candidate.alias,
            )
        except NodeError as error:
            if error.code not in OF_BUDGETS:
                raise
            return error

    def _pay(self, error: NodeError) -> None:
        grant, self._grant = self._grant, None
        assert grant is not None, "paid once"
        took = round((self._asking.monotonic() - self._began) * 1000, 3)
        billed = spent_in_vain(error, self._candidate, self._offer, took)
        end_in_vain(self._asking.purse, self._caller, grant, billed, error)


class _Talk:
    """Passes text on while it is written, and says when what came before is void."""

    def __init__(self, on_text: Callable[[str], None] | None, on_restart: Callable[[], None] | None) -> None:
        self.on_text, self._on_restart = on_text, on_restart
        self._said = False

    def say(self, text: str) -> None:
        """Pass a piece on."""
        if self.on_text is not None and text:
            self._said = True
            self.on_text(text)

    def restart(self) -> None:
        """Tell that the answer begins anew."""
        if self._on_restart is not None:
            self._on_restart()
        self._said = False

    def begin(self) -> None:
        """Tell that a new answer begins, if an earlier candidate's was heard in part."""
        if self._said:
            self.restart()


def _billed(
    completion: Completion, candidate: Candidate, offer: Offer, cost: int, took: float, *, cached: bool = False
) -> Billed:
    return Billed(
        provider=completion.provider,
        model=completion.model,
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        cost=cost,
        latency_ms=took,
        cached=cached,
        cached_tokens=completion.cached_tokens,
        alias=candidate.alias,
        prices=offer.source + (ESTIMATED if completion.usage_estimated else ""),
    )
