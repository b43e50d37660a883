"""The database is brought up to date once, whoever asks, however often."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from heddle.adapters.postgres.database import Database
from heddle.adapters.postgres.files import Migration, migrations
from heddle.adapters.postgres.migrate import migrate
from heddle.errors import Conflict
from tests.support.postgres import Server, running_server


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    with postgres.database(migrated=False) as url:
        yield url


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url, autocommit=True)


def test_files_are_numbered_from_one_without_a_gap() -> None:
    assert [each.number for each in migrations()] == list(range(1, len(migrations()) + 1))


def test_each_file_is_applied_once(empty: str) -> None:
    with connect(empty) as connection:
        first = migrate(connection)
        second = migrate(connection)

    assert first == [each.name for each in migrations()]
    assert second == []


def test_several_at_once_wait_for_each_other(empty: str) -> None:
    def run(_: int) -> list[str]:
        with connect(empty) as connection:
            return migrate(connection)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))

    assert sorted(map(len, done)) == [0, 0, 0, len(migrations())]


def test_a_file_that_fails_leaves_nothing_and_is_tried_again(empty: str) -> None:
    broken = Migration(1, "0001_a.sql", "create table heddle.a (x int); select 1 / 0")
    mended = Migration(1, "0001_a.sql", "create table heddle.a (x int)")
    with connect(empty) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate(connection, [broken])

        assert migrate(connection, [mended]) == ["0001_a.sql"]


def test_a_file_that_was_changed_after_it_was_applied_is_refused(empty: str) -> None:
    with connect(empty) as connection:
        migrate(connection, [Migration(1, "0001_a.sql", "select 1")])

        with pytest.raises(Conflict) as caught:
            migrate(connection, [Migration(1, "0001_a.sql", "select 2")])

    assert caught.value.code == "migration_changed"


def test_an_older_program_leaves_a_newer_database_alone(empty: str) -> None:
    with connect(empty) as connection:
        migrate(connection, [Migration(1, "0001_a.sql", "select 1"), Migration(2, "0002_b.sql", "select 1")])

        assert migrate(connection, [Migration(1, "0001_a.sql", "select 1")]) == []


@pytest.fixture(scope="module")
def managed() -> Iterator[tuple[str, str]]:
    """Give the addresses of a server as RDS has it, for an owner who is no superuser, and for the login of functions.

    Roles are the server's and not the database's, so it is a server of its own that knows nothing of us yet.
    """
    with running_server(migrated=False) as server:
        with server.connect("postgres") as superuser:
            superuser.execute("create role rds_iam nologin")
            superuser.execute("create role heddle_owner login createrole")
            superuser.execute("grant rds_iam to heddle_owner with admin option")
            superuser.execute("create database heddle owner heddle_owner")
        with server.connect("heddle") as superuser:
            superuser.execute("create extension vector")  # which RDS lets its owners do
        url = server.url("heddle")
        yield url.replace("postgres@", "heddle_owner@"), url.replace("postgres@", "heddle_functions@")


def test_an_owner_with_the_rights_that_rds_gives_can_migrate(managed: tuple[str, str]) -> None:
    as_owner, as_function = managed

    with connect(as_owner) as connection:
        migrate(connection)
        (iam,) = connection.execute("select pg_has_role('heddle_functions', 'rds_iam', 'member')").fetchall()

    assert iam == (True,)
    for url in (as_owner, as_function):
        database = Database(url)
        with database.transaction("t") as cursor:
            assert cursor.execute("select current_user as who").fetchone() == {"who": "heddle_app"}
            assert cursor.execute("select * from documents").fetchall() == []
        database.close()


def test_who_functions_log_in_as_can_do_nothing_but_become_the_role_of_one_tenant(managed: tuple[str, str]) -> None:
    as_owner, as_function = managed
    with connect(as_owner) as connection:
        migrate(connection)

    with connect(as_function) as connection:
        for statement in ("select * from heddle.documents", "create table heddle.x (y int)", "set role heddle_owner"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
