"""What a call that failed may have cost: nothing where the provider cannot have worked, else what it may bill.

    refused before the model began (auth, rate limit, quota, bad request, too long)       nothing
    not reachable, overloaded                                                             nothing
    the model or a filter declined                                                        the input
    the stream broke off, no answer in time, an answer that cannot be read                the worst case

A stream that broke off is not paid for by what was heard of it: models also write thoughts that nobody hears.
"""

from heddle.application.models.offers import Offer
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


def spent_in_vain(error: NodeError, offer: Offer) -> tuple[int, int] | None:
    """Return input and output tokens to be paid for, None if the call cost nothing; never less than may be billed."""
    if error.code in _NOTHING:
        return None
    return (offer.bound, 0) if error.code == "llm_refused" else (offer.bound, offer.max_output)
