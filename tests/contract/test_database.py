"""A database that goes away: one clear error, and the same object works again once it is back."""

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
