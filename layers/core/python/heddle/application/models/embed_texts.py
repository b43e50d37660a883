"""Embed texts: as a model is asked, without anything to write, to stream or to keep."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from heddle.application.models.admitted import admitted
from heddle.application.models.answer import EmbeddingsAnswer
from heddle.application.models.breakers import Breakers
from heddle.application.models.caller import Billed, Caller
from heddle.application.models.offers import Offer, Offers
from heddle.application.models.spent_in_vain import spent_in_vain
from heddle.application.ports.models import EmbeddingProvider, EmbeddingRequest, Embeddings
from heddle.application.ports.spend import Grant, Purse
from heddle.domain.models.resolve import EMBED_ALIAS, NEXT_MAY_HELP, Candidate
from heddle.domain.models.tokens import text_bound
from heddle.errors import ApprovalNeeded, NodeError

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
        last: NodeError | None = None
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
                last = error
        assert last is not None, "a chain has at least one candidate"
        raise last

    def _embed(self, caller: Caller, candidate: Candidate, request: EmbeddingRequest) -> EmbeddingsAnswer:
        price = self.offers.price(caller.tenant, candidate, at=self.now())
        if price is None:
            raise NodeError(
                f"nobody knows what {candidate.ref} costs; set its price, or a price_ceiling for unknown models",
                code="llm_model_unpriced",
                model=str(candidate.ref),
            )
        offer = Offer(price, sum(text_bound(text) + MARKS for text in request.texts), 0)
        provider = self.connect(caller.tenant, candidate)
        grant = self._reserve(caller, candidate, offer, request)
        began = self.monotonic()
        try:
            found = provider.embed(replace(request, model=candidate.model or None))
        except NodeError as error:
            self._fail(caller, candidate, offer, grant, error, began)
            raise
        billed = Billed(
            provider=found.provider,
            model=found.model,
            input_tokens=found.input_tokens,
            output_tokens=0,
            cost=offer.price_of(found.input_tokens, 0),
            latency_ms=round((self.monotonic() - began) * 1000, 3),
            alias=candidate.alias,
            prices=offer.source,
        )
        self.purse.settle(caller, grant, billed)
        return EmbeddingsAnswer(_whole(found, request), billed)

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
            if error.code == "budget_approval_required":
                raise ApprovalNeeded(error.message, code=error.code, **error.details) from None
            raise
        if grant.downgrade_to is not None:
            raise NodeError(
                f"a budget asks for the alias `{grant.downgrade_to}`, but vectors of two models cannot be compared",
                code="budget_exceeded",
            )
        return grant

    def _fail(
        self, caller: Caller, candidate: Candidate, offer: Offer, grant: Grant, error: NodeError, began: float
    ) -> None:
        used = spent_in_vain(error, offer)
        if used is None:
            self.purse.release(caller, grant, reason=error.code)
        else:
            took = round((self.monotonic() - began) * 1000, 3)
            cost = offer.price_of(used[0], 0)
            name, model = candidate.provider.name, candidate.model
            billed = Billed(name, model, used[0], 0, cost, took, outcome="failed", alias=candidate.alias)
            self.purse.settle(caller, grant, billed)


def _whole(found: Embeddings, request: EmbeddingRequest) -> Embeddings:
    if len(found.vectors) != len(request.texts):
        reason = f"{found.provider}: {len(request.texts)} texts were sent and {len(found.vectors)} vectors came back"
        raise NodeError(reason, code="llm_bad_response", retryable=True)
    return found
