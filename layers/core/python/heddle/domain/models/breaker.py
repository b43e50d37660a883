"""A circuit breaker of one tenant's provider: after so many failures it is left alone, then tried by one call.

    closed ──5 failures within 60 s, no success between──► open ──60 s──► half-open ──its one trial succeeds──► closed
                                                             ▲                └── the trial fails ──► open again ──┐
                                                             └──────────────────────────────────────────────────────┘

Pure rules over a small value; who keeps it, and how several processes agree on it, is
`heddle.application.models.breakers`. Times are seconds since 1970.
"""

from dataclasses import replace
from typing import Literal

from heddle.records import dataclass

FAILURES = 5
"""So many failures within WINDOW seconds open the circuit."""

WINDOW = 60.0
OPEN_SECONDS = 60.0
"""How long an open circuit lets nobody through."""

TRIAL_MARGIN = 5.0
"""Seconds beyond its own time limit after which a trial that was never heard of again counts as lost."""

OF_THE_PROVIDER = frozenset({"llm_bad_response", "llm_stream_broken", "llm_timeout", "llm_unavailable"})
"""Failures that say a provider is not well. Rate limits, keys and quotas are of the account."""

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known. `failures` are the moments of those that still count, oldest first; `version` 0: never stored.

    `opened` is when it was opened, None while it is closed. `trial` names the call that tries it, until `trial_until`.
    """

    failures: tuple[float, ...] = ()
    opened: float | None = None
    trial: str = ""
    trial_until: float = 0.0
    version: int = 0


def state(circuit: Circuit, now: float) -> State:
    """Return how the circuit stands."""
    if circuit.opened is None:
        return "closed"
    return "open" if now < circuit.opened + OPEN_SECONDS else "half_open"


def trial_runs(circuit: Circuit, now: float) -> bool:
    """Say whether a call is trying the provider at this moment."""
    return bool(circuit.trial) and now < circuit.trial_until


def retry_after(circuit: Circuit, now: float) -> float:
    """Return in how many seconds it is worth asking again; 0 while the circuit is closed or waits for a trial."""
    if circuit.opened is None:
        return 0.0
    if now < circuit.opened + OPEN_SECONDS:
        return circuit.opened + OPEN_SECONDS - now
    return circuit.trial_until - now if trial_runs(circuit, now) else 0.0


def with_trial(circuit: Circuit, call_id: str, now: float, seconds: float) -> Circuit:
    """Return a half-open circuit whose one trial is this call, for as long as it may take."""
    return replace(circuit, trial=call_id, trial_until=now + seconds + TRIAL_MARGIN)


def failed(circuit: Circuit, call_id: str, now: float) -> Circuit:
    """Return what a failure makes of it. One that was under way when the circuit opened changes nothing."""
    if circuit.opened is not None:
        return Circuit((), now, version=circuit.version) if circuit.trial == call_id else circuit
    recent = (*(moment for moment in circuit.failures if moment > now - WINDOW), now)
    if len(recent) >= FAILURES:
        return Circuit((), now, version=circuit.version)
    return replace(circuit, failures=recent)


def succeeded(circuit: Circuit, call_id: str) -> Circuit:
    """Return what a success makes of it: of a closed circuit one without failures, of a trial a closed circuit."""
    if circuit.opened is not None and circuit.trial != call_id:
        return circuit
    return Circuit(version=circuit.version) if circuit.opened is not None or circuit.failures else circuit


def abandoned(circuit: Circuit, call_id: str) -> Circuit:
    """Return what it is when a call said nothing about the provider: a trial makes room for the next."""
    return replace(circuit, trial="", trial_until=0.0) if circuit.trial == call_id else circuit
