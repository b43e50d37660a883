"""Asking the circuit breakers before a call, and telling them how it went.

A closed circuit costs a read every few seconds and process; only failures, the first success after one, and trials
write. If the circuits cannot be read, calls are let through: a breaker must not be what breaks.
"""

from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime, timedelta

from heddle.application.ports.breakers import CircuitStore
from heddle.domain.models import breaker
from heddle.domain.models.breaker import Circuit, State
from heddle.errors import UpstreamUnavailable
from heddle.records import dataclass

BELIEVED_SECONDS = 5.0
"""How long a process believes what it read."""

KEPT = timedelta(hours=1)
"""A circuit of which nothing was heard for so long is closed."""

MOST_KNOWN = 10_000
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may be made. If not, `retry_after` says in how many seconds to ask again."""

    allowed: bool
    trial: bool = False
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Breakers:
    """The breakers of all tenants. Every call that was admitted is told the outcome of by one of the last three."""

    store: CircuitStore
    _known: dict[tuple[str, str], tuple[float, Circuit]] = field(default_factory=dict, repr=False)

    def admit(self, tenant: str, provider: str, call_id: str, *, now: datetime, seconds: float) -> Admission:
        """Say whether a call that takes at most `seconds` may be made; of a half-open circuit one call is the trial."""
        at = now.timestamp()
        circuit = self._believed(tenant, provider, at)
        if breaker.state(circuit, at) == "closed":
            return _ALLOWED
        if breaker.state(circuit, at) == "open" or breaker.trial_runs(circuit, at):
            return Admission(False, retry_after=breaker.retry_after(circuit, at))
        try:
            return self._try(tenant, provider, call_id, at, seconds)
        except UpstreamUnavailable:
            return _ALLOWED

    def succeeded(self, tenant: str, provider: str, call_id: str, *, now: datetime) -> None:
        """Tell that the provider answered."""
        self._change(tenant, provider, now, lambda circuit: breaker.succeeded(circuit, call_id))

    def failed(self, tenant: str, provider: str, call_id: str, *, code: str, now: datetime) -> None:
        """Tell that the call failed, with the code of its NodeError; only what is of the provider counts."""
        at = now.timestamp()
        if code in breaker.OF_THE_PROVIDER:
            self._change(tenant, provider, now, lambda circuit: breaker.failed(circuit, call_id, at), fresh=True)
        else:
            self.abandoned(tenant, provider, call_id, now=now)

    def abandoned(self, tenant: str, provider: str, call_id: str, *, now: datetime) -> None:
        """Tell that the call said nothing about the provider: it was never made, or the request was to blame."""
        self._change(tenant, provider, now, lambda circuit: breaker.abandoned(circuit, call_id))

    def states(self, tenant: str, *, now: datetime) -> dict[str, State]:
        """Return how every circuit of a tenant stands that is not closed."""
        found = self.store.read_all(tenant)
        standing = {provider: breaker.state(circuit, now.timestamp()) for provider, circuit in found.items()}
        return {provider: state for provider, state in standing.items() if state != "closed"}

    def _believed(self, tenant: str, provider: str, at: float) -> Circuit:
        read_at, circuit = self._known.get((tenant, provider), (0.0, None))
        # An open circuit stays as it is until its time is over: nothing needs to be read before.
        if circuit is not None and (at < read_at + BELIEVED_SECONDS or breaker.state(circuit, at) == "open"):
            return circuit
        try:
            return self._remember(tenant, provider, at, self.store.read(tenant, provider))
        except UpstreamUnavailable:
            return self._remember(tenant, provider, at, circuit or Circuit())

    def _try(self, tenant: str, provider: str, call_id: str, at: float, seconds: float) -> Admission:
        circuit = self._remember(tenant, provider, at, self.store.read(tenant, provider))
        if breaker.state(circuit, at) == "closed":
            return _ALLOWED
        free = breaker.state(circuit, at) == "half_open" and not breaker.trial_runs(circuit, at)
        claimed = breaker.with_trial(circuit, call_id, at, seconds)
        if free and self._write(tenant, provider, claimed, at):
            return Admission(True, trial=True)
        return Admission(False, retry_after=breaker.retry_after(circuit, at) or BELIEVED_SECONDS)

    def _change(
        self, tenant: str, provider: str, now: datetime, change: Callable[[Circuit], Circuit], *, fresh: bool = False
    ) -> None:
        """Apply a change to what is kept, if it makes a difference; with `fresh` it is read first in any case."""
        at = now.timestamp()
        known = self._known.get((tenant, provider))
        if not fresh and (known is None or change(known[1]) == known[1]):
            return
        try:
            for _ in range(_ATTEMPTS):
                circuit = self._remember(tenant, provider, at, self.store.read(tenant, provider))
                changed = change(circuit)
                if changed == circuit or self._write(tenant, provider, changed, at):
                    return
        except UpstreamUnavailable:
            return

    def _write(self, tenant: str, provider: str, circuit: Circuit, at: float) -> bool:
        forget_at = datetime.fromtimestamp(at, UTC) + KEPT
        if not self.store.write(tenant, provider, circuit, forget_at=forget_at):
            return False
        self._remember(tenant, provider, at, _next(circuit))
        return True

    def _remember(self, tenant: str, provider: str, at: float, circuit: Circuit) -> Circuit:
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[(tenant, provider)] = (at, circuit)
        return circuit


_ALLOWED = Admission(True)


def _next(circuit: Circuit) -> Circuit:
    return Circuit(circuit.failures, circuit.opened, circuit.trial, circuit.trial_until, circuit.version + 1)
