"""Embed texts: as a model is asked, without anything to write, to stream or to keep."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from heddle.application.models.admitted import admitted
from heddle.application.models.answer import EmbeddingsAnswer
from heddle.application.models.breakers import Breakers
from heddle.application.models.caller import ESTIMATED, Billed, Caller
from heddle.application.models.offers import Offer, Offers
from heddle.application.models.purse_in_the_middle import left_to_the_sweeper, to_be_allowed
from heddle.application.models.spent_in_vain import end_in_vain, spent_in_vain
from heddle.application.models.tried import Tried
from heddle.application.ports.models import EmbeddingProvider, EmbeddingRequest, Embeddings
from heddle.application.ports.spend import Grant, Purse
from heddle.domain.models.resolve import EMBED_ALIAS, NEXT_MAY_HELP, Candidate
from heddle.domain.models.tokens import text_bound
from heddle.errors import NodeError

MARKS = 8
"""Tokens around one text: what opens and closes it."""


@dataclass(frozen=True)
class EmbedModels:
    """An EmbedTexts over budgets, breakers and providers."""

    offers: Offers
    connect: Callable[[str, Candidate], EmbeddingProvider]
    purse: Purse
    breakers: Breakers
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]

    def __call__(self, caller: Caller, model: str | None, request: EmbeddingRequest) -> EmbeddingsAnswer:
        """Embed, see `EmbedTexts`. A budget that asks for a cheaper alias refuses: vectors of two models do not mix."""
        tried = Tried()
        for candidate in self.offers.chain(caller.tenant, model or EMBED_ALIAS):
            try:
                with admitted(
                    self.breakers, caller.tenant, candidate, self.new_id(), now=self.now, seconds=request.timeout
                ) as circuit:
                    answer = self._embed(replace(caller, call_id=self.new_id()), candidate, request)
                    circuit.succeeded()
                    return answer
            except NodeError as error:
                if error.code not in NEXT_MAY_HELP:
                    raise
                tried.add(candidate, error)
        raise tried.failure()

    def _embed(self, caller: Caller, candidate: Candidate, request: EmbeddingRequest) -> EmbeddingsAnswer:
        price = self.offers.price(caller.tenant, candidate, at=self.now())
        offer = Offer(price, sum(text_bound(text) + MARKS for text in request.texts), 0)
        provider = self.connect(caller.tenant, candidate)
        grant = self._reserve(caller, candidate, offer, request)
        began = self.monotonic()
        try:
            found = provider.embed(replace(request, model=candidate.model or None))
        except NodeError as error:
            billed = spent_in_vain(error, candidate, offer, round((self.monotonic() - began) * 1000, 3))
            end_in_vain(self.purse, caller, grant, billed, error)
            raise
        paid = Billed(
            provider=found.provider,
            model=found.model,
            input_tokens=found.input_tokens,
            output_tokens=0,
            cost=offer.price_of(found.input_tokens, 0),
            latency_ms=round((self.monotonic() - began) * 1000, 3),
            alias=candidate.alias,
            prices=offer.source + (ESTIMATED if found.usage_estimated else ""),
        )
        with left_to_the_sweeper(caller):
            self.purse.settle(caller, grant, paid)
        return EmbeddingsAnswer(_whole(found, request), paid)

    def _reserve(self, caller: Caller, candidate: Candidate, offer: Offer, request: EmbeddingRequest) -> Grant:
        name, model = candidate.provider.name, candidate.model
        try:
            grant = self.purse.reserve(
                caller,
                offer.worst(offer.bound),
                provider=name,
                model=model,
                seconds=request.timeout,
                alias=candidate.alias,
            )
        except NodeError as error:
            raise to_be_allowed(error) from None
        if grant.downgrade_to is not None:
            raise NodeError(
                f"a budget asks for the alias `{grant.downgrade_to}`, but vectors of two models cannot be compared; "
                "raise the budget, or embed everything with a cheaper model",
                code="budget_exceeded",
            )
        return grant


def _whole(found: Embeddings, request: EmbeddingRequest) -> Embeddings:
    if len(found.vectors) != len(request.texts):
        reason = f"{found.provider}: {len(request.texts)} texts were sent and {len(found.vectors)} vectors came back"
        raise NodeError(reason, code="llm_bad_response", retryable=True)
    return found
