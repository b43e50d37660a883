"""A webhook that nobody takes comes again, less and less often, and at last no more."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from heddle.domain.webhooks.attempts import ATTEMPTS, DELAYS, next_attempt

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def delay(attempt: int, *, wait: float | None = None, webhook_id: str = "msg_1") -> float:
    at = next_attempt(webhook_id, attempt, now=NOON, wait=wait)
    assert at is not None
    return (at - NOON).total_seconds()


def test_each_pause_is_longer_than_the_one_before() -> None:
    pauses = [delay(attempt) for attempt in range(1, ATTEMPTS)]

    assert all(earlier < later for earlier, later in pairwise(pauses))
    assert 5 <= pauses[0] <= 6
    assert sum(pauses) > timedelta(days=3).total_seconds()


def test_after_the_last_attempt_there_is_none() -> None:
    assert next_attempt("msg_1", ATTEMPTS, now=NOON) is None


def test_webhooks_that_failed_together_come_back_at_different_times_and_each_at_its_own() -> None:
    pauses = [delay(2, webhook_id=f"msg_{number}") for number in range(50)]

    assert len(set(pauses)) == 50
    assert all(DELAYS[1] <= pause <= DELAYS[1] * 1.2 for pause in pauses)
    assert delay(2) == delay(2)


def test_a_receiver_that_wants_to_be_left_alone_is_within_reason() -> None:
    assert delay(1, wait=3600) == 3600
    assert delay(3, wait=1) == delay(3)
    assert delay(1, wait=10**9) == DELAYS[-1]
