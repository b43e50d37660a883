"""A call behind its provider's circuit breaker: let through or not, and the breaker told how it went, once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from heddle.application.models.breakers import Breakers
from heddle.domain.models.resolve import Candidate
from heddle.errors import NodeError


@dataclass
class Circuit:
    """The breaker as the call sees it."""

    answered: bool = False

    def succeeded(self) -> None:
        """Say that the provider itself has answered."""
        self.answered = True


@contextmanager
def admitted(
    breakers: Breakers,
    tenant: str,
    candidate: Candidate,
    call_id: str,
    *,
    now: Callable[[], datetime],
    seconds: float,
) -> Iterator[Circuit]:
    """Let a call of at most `seconds` through; whatever ends the block is told to the breaker.

    Raises NodeError `llm_unavailable` with `retry_after` while the circuit is open.
    """
    provider = candidate.provider.name
    admission = breakers.admit(tenant, provider, call_id, now=now(), seconds=seconds)
    if not admission.allowed:
        raise NodeError(
            f"{provider}: it failed so often that it is left alone for a while",
            code="llm_unavailable",
            retryable=True,
            provider=provider,
            circuit="open",
            retry_after=admission.retry_after,
        )
    circuit = Circuit()
    try:
        yield circuit
    except NodeError as error:
        breakers.failed(tenant, provider, call_id, code=error.code, now=now())
        raise
    except BaseException:
        breakers.abandoned(tenant, provider, call_id, now=now())
        raise
    if circuit.answered:
        breakers.succeeded(tenant, provider, call_id, now=now())
    else:
        breakers.abandoned(tenant, provider, call_id, now=now())
