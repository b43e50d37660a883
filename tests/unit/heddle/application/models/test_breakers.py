"""What asking a breaker costs, and what happens when the circuits cannot be read."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from heddle.adapters.memory.breakers import MemoryCircuitStore
from heddle.application.models.breakers import BELIEVED_SECONDS, Breakers
from heddle.domain.models.breaker import FAILURES, OPEN_SECONDS, Circuit
from heddle.errors import UpstreamUnavailable

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Counted(MemoryCircuitStore):
    """Counts what it is asked; `down`: does not answer."""

    reads: int = 0
    writes: int = 0
    down: bool = False
    conflicts: list[str] = field(default_factory=list)

    def read(self, tenant: str, provider: str) -> Circuit:
        self.reads += 1
        self._answer()
        return super().read(tenant, provider)

    def write(self, tenant: str, provider: str, circuit: Circuit, *, forget_at: datetime) -> bool:
        self.writes += 1
        self._answer()
        return super().write(tenant, provider, circuit, forget_at=forget_at)

    def _answer(self) -> None:
        if self.down:
            raise UpstreamUnavailable("DynamoDB is away")


def call(breakers: Breakers, at: datetime) -> bool:
    allowed = breakers.admit("acme", "openai", "c", now=at, seconds=30).allowed
    if allowed:
        breakers.succeeded("acme", "openai", "c", now=at)
    return allowed


def test_a_closed_circuit_costs_one_read_in_some_seconds_and_no_write() -> None:
    store = Counted()
    breakers = Breakers(store)

    for tenth in range(int(BELIEVED_SECONDS * 10)):
        assert call(breakers, NOW + timedelta(seconds=tenth / 10))

    assert (store.reads, store.writes) == (1, 0)
    call(breakers, NOW + timedelta(seconds=BELIEVED_SECONDS))
    assert (store.reads, store.writes) == (2, 0)


def test_an_open_circuit_is_not_read_again_until_its_time_is_over() -> None:
    store = Counted()
    breakers = Breakers(store)
    for number in range(FAILURES):
        breakers.failed("acme", "openai", str(number), code="llm_unavailable", now=NOW)
    store.reads = 0

    assert not any(call(breakers, NOW + timedelta(seconds=second)) for second in range(int(OPEN_SECONDS)))
    assert store.reads == 0


def test_calls_go_through_when_the_circuits_cannot_be_read_or_written() -> None:
    store = Counted(down=True)
    breakers = Breakers(store)

    assert call(breakers, NOW)
    breakers.failed("acme", "openai", "c", code="llm_unavailable", now=NOW)
    assert call(breakers, NOW)


def test_a_trial_that_cannot_be_claimed_goes_through() -> None:
    store = Counted()
    breakers = Breakers(store)
    for number in range(FAILURES):
        breakers.failed("acme", "openai", str(number), code="llm_unavailable", now=NOW)
    store.down = True

    assert breakers.admit("acme", "openai", "c", now=NOW + timedelta(seconds=OPEN_SECONDS), seconds=30).allowed


def test_a_failure_that_was_under_way_when_the_circuit_opened_does_not_keep_it_open_longer() -> None:
    store = Counted()
    breakers = Breakers(store)
    for number in range(FAILURES):
        breakers.failed("acme", "openai", str(number), code="llm_unavailable", now=NOW)

    breakers.failed("acme", "openai", "late", code="llm_timeout", now=NOW + timedelta(seconds=50))

    assert breakers.admit("acme", "openai", "c", now=NOW + timedelta(seconds=OPEN_SECONDS), seconds=30).trial
