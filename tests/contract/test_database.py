"""A database that goes away: one clear error, and the same object works again once it is back."""

from typing import Any

import psycopg
import pytest

from heddle.adapters.postgres.database import Database
from heddle.errors import UpstreamUnavailable
from tests.support.postgres import Server


def test_nobody_listens() -> None:
    database = Database("postgresql://postgres@127.0.0.1:9/nothing")

    with pytest.raises(UpstreamUnavailable) as caught, database.transaction("t"):
        pass

    assert (caught.value.code, caught.value.retryable) == ("database_unavailable", True)
    assert "127.0.0.1" not in caught.value.message


def test_a_connection_that_the_server_ended_is_opened_again(
    database: Database, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heddle.adapters.postgres.database.TRUSTED_SECONDS", -1)
    with database.transaction("t") as cursor:
        row = cursor.execute("select pg_backend_pid() as pid").fetchone()
    assert row is not None
    with postgres.connect("postgres") as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", [row["pid"]])

    with database.transaction("t") as cursor:
        assert cursor.execute("select 1 as one").fetchone() == {"one": 1}


def test_a_transaction_that_breaks_off_writes_nothing(database: Database, postgres: Server) -> None:
    insert = "insert into embedding_models (tenant, model, dimensions, since) values ('t', 'm', 3, now())"

    with pytest.raises(UpstreamUnavailable), database.transaction("t") as cursor:
        cursor.execute(insert)
        row = cursor.execute("select pg_backend_pid() as pid").fetchone()
        assert row is not None
        with postgres.connect("postgres") as connection:
            connection.execute("select pg_terminate_backend(%s, 5000)", [row["pid"]])
        cursor.execute("select 1")

    with database.transaction("t") as cursor:
        assert cursor.execute("select * from embedding_models").fetchall() == []


def test_a_statement_that_takes_too_long_is_ended(postgres: Server) -> None:
    with postgres.database() as url:
        database = Database(url, statement_seconds=1)

        with pytest.raises(UpstreamUnavailable) as caught, database.transaction("t") as cursor:
            cursor.execute("select pg_sleep(30)")
        database.close()

    assert caught.value.code == "database_timeout"


def test_other_errors_stay_what_they_are(database: Database) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable), database.transaction("t") as cursor:
        cursor.execute("select * from nothing_of_that_name")


class Sleeper:
    """A server that is asleep for some seconds, seen through psycopg's door; attempts are held or refused meanwhile."""

    def __init__(self, *, asleep: float, holds: bool) -> None:
        self.now, self.asleep, self.holds = 0.0, asleep, holds
        self.attempts: list[int] = []
        self.connect = psycopg.connect

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self, url: str, *, connect_timeout: int, **options: Any) -> psycopg.Connection[Any]:
        self.attempts.append(connect_timeout)
        if self.holds:
            self.now += min(connect_timeout, max(0.0, self.asleep - self.now))
        if self.now < self.asleep:
            raise psycopg.OperationalError("the database system is starting up")
        return self.connect(url, connect_timeout=connect_timeout, **options)

    def database(self, url: str, *, waking_seconds: int) -> Database:
        return Database(url, waking_seconds=waking_seconds, clock=self.clock, sleep=self.sleep)


@pytest.mark.parametrize("holds", [True, False])
def test_a_server_that_wakes_up_is_waited_for(postgres: Server, monkeypatch: pytest.MonkeyPatch, holds: bool) -> None:
    server = Sleeper(asleep=15, holds=holds)

    with postgres.database() as url:
        database = server.database(url, waking_seconds=20)
        with monkeypatch.context() as patched:
            patched.setattr(psycopg, "connect", server.answer)
            with database.transaction("t") as cursor:
                assert cursor.execute("select 1 as one").fetchone() == {"one": 1}
        database.close()

    assert server.now == 15
    assert server.attempts[0] == 20
    assert len(server.attempts) == (1 if holds else 16)


def test_a_server_that_sleeps_on_is_unavailable_in_time_and_may_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Sleeper(asleep=60, holds=False)
    monkeypatch.setattr(psycopg, "connect", server.answer)
    database = server.database("postgresql://somewhere/else", waking_seconds=20)

    with pytest.raises(UpstreamUnavailable) as caught, database.transaction("t"):
        pass

    assert (caught.value.code, caught.value.retryable) == ("database_unavailable", True)
    assert server.now < 20


def test_a_server_that_never_sleeps_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Sleeper(asleep=60, holds=False)
    monkeypatch.setattr(psycopg, "connect", server.answer)

    with pytest.raises(UpstreamUnavailable), server.database("postgresql://a/b", waking_seconds=0).transaction("t"):
        pass

    assert server.attempts == [5]
