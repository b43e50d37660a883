"""The database is brought up to date once, whoever asks, however often."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from heddle.adapters.postgres.files import Migration, migrations
from heddle.adapters.postgres.migrate import migrate
from heddle.errors import Conflict
from tests.support.postgres import Server


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
