"""What an agent's session promises, whatever keeps it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from heddle.application.ports.memory import MOST_BYTES
from tests.contract.aws import Stores

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def said(*texts: str) -> list[Any]:
    return [{"role": "user", "content": [{"type": "text", "text": text}]} for text in texts]


def remember(stores: Stores, tenant: str, turn: str, *texts: str, session: str = "s", **options: Any) -> None:
    values = {"keep": 10, "now": NOW, "expires_at": NOW + DAY, **options}
    stores.memory.remember(tenant, session, turn, said(*texts), **values)


def recalled(stores: Stores, tenant: str, session: str = "s", messages: int = 10, now: datetime = NOW) -> list[str]:
    found = stores.memory.recall(tenant, session, messages=messages, now=now)
    return [message["content"][0]["text"] for message in found]


def test_the_last_messages_come_back_oldest_first(stores: Stores, tenant: str) -> None:
    for number in range(4):
        remember(stores, tenant, f"t{number}", f"q{number}", f"a{number}")

    assert recalled(stores, tenant, messages=3) == ["a2", "q3", "a3"]
    assert recalled(stores, tenant) == ["q0", "a0", "q1", "a1", "q2", "a2", "q3", "a3"]


def test_only_so_many_are_kept(stores: Stores, tenant: str) -> None:
    for number in range(4):
        remember(stores, tenant, f"t{number}", f"q{number}", f"a{number}", keep=3)

    assert recalled(stores, tenant) == ["a2", "q3", "a3"]


def test_a_turn_counts_once(stores: Stores, tenant: str) -> None:
    for turn in ("t1", "t2", "t1"):
        remember(stores, tenant, turn, turn)

    assert recalled(stores, tenant) == ["t1", "t2"]


def test_sessions_and_tenants_are_apart(stores: Stores, tenant: str, stranger: str) -> None:
    remember(stores, tenant, "t", "hers", session="a/b #1")
    remember(stores, stranger, "t", "theirs", session="a/b #1")

    assert recalled(stores, tenant, "a/b #1") == ["hers"]
    assert recalled(stores, stranger, "a/b #1") == ["theirs"]
    assert recalled(stores, tenant, "a/b") == []


def test_a_session_is_forgotten_after_its_time_and_begins_anew(stores: Stores, tenant: str) -> None:
    remember(stores, tenant, "t1", "old")

    assert recalled(stores, tenant, now=NOW + DAY) == []
    remember(stores, tenant, "t2", "new", now=NOW + DAY, expires_at=NOW + 2 * DAY)
    assert recalled(stores, tenant, now=NOW + DAY) == ["new"]


def test_a_session_stays_within_its_bytes(stores: Stores, tenant: str) -> None:
    for number in range(4):
        remember(stores, tenant, f"t{number}", str(number) * (MOST_BYTES // 3))

    assert [text[0] for text in recalled(stores, tenant)] == ["2", "3"]


def test_turns_that_are_added_at_the_same_time_are_all_kept(stores: Stores, tenant: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: remember(stores, tenant, f"t{number}", f"q{number}"), range(4)))

    assert sorted(recalled(stores, tenant)) == ["q0", "q1", "q2", "q3"]
