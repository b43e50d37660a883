"""What a call that failed may have cost: nothing where the provider cannot have worked, else what it may bill.

    refused before the model began (auth, rate limit, quota, bad request, too long)       nothing
    not reachable, overloaded                                                             nothing
    the model or a filter declined                                                        what it used, else the input
    no connection in time (`sent` is false)                                               nothing
    lost after it was sent (`sent`) or begun (`output_chars`), whatever the code          the worst case
    the stream broke off, no answer in time, an answer that cannot be read                the worst case

A stream that broke off is not paid for by what was heard of it: models also write thoughts that nobody hears. Only its
input is known, where the provider has said it.
"""

from heddle.application.models.caller import Billed, Caller
from heddle.application.models.offers import Offer
from heddle.application.models.purse_in_the_middle import left_to_the_sweeper
from heddle.application.ports.spend import Grant, Purse
from heddle.domain.models.resolve import Candidate
from heddle.errors import NodeError

_NOTHING = frozenset(
    {
        "llm_auth",
        "llm_rate_limited",
        "llm_quota_exceeded",
        "llm_bad_request",
        "llm_context_too_long",
        "llm_unavailable",
        "llm_provider_unavailable",
    }
)


def spent_in_vain(error: NodeError, candidate: Candidate, offer: Offer, took_ms: float) -> Billed | None:
    """Return what is to be paid for, None if the call cost nothing; never less than may be billed."""
    details = error.details
    sent, begun = details.get("sent"), bool(details.get("output_chars"))
    if not begun and (sent is False or (error.code in _NOTHING and not sent)):
        return None
    given, written = details.get("input_tokens", offer.bound), offer.max_output
    cost = None
    if error.code == "llm_refused" and "output_tokens" in details:
        written = details["output_tokens"]
        cached, kept = details.get("cached_tokens", 0), details.get("cache_write_tokens", 0)
        cost = offer.price.cost(given, written, cached_tokens=cached, cache_write_tokens=kept)
    elif error.code == "llm_refused" and not begun:
        written = 0
    return Billed(
        provider=candidate.provider.name,
        model=candidate.model,
        input_tokens=given,
        output_tokens=written,
        cost=offer.worst(given, written) if cost is None else cost,
        latency_ms=took_ms,
        outcome="failed",
        alias=candidate.alias,
        prices=offer.source,
    )


def end_in_vain(purse: Purse, caller: Caller, grant: Grant, billed: Billed | None, error: NodeError) -> None:
    """Tell the purse of a call that failed."""
    with left_to_the_sweeper(caller):
        if billed is None:
            purse.release(caller, grant, reason=error.code)
        else:
            purse.settle(caller, grant, billed)
