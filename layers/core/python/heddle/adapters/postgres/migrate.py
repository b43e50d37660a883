"""Bringing a database up to date: plain SQL files, each applied once, in the order of their numbers.

Whoever comes second waits for whoever is at it (an advisory lock), and then finds nothing to do. A file that has been
applied never changes: its checksum is kept, and another content under the same number is refused.
"""

from typing import Any

from psycopg import Connection

from heddle.adapters.postgres.files import Migration, migrations
from heddle.errors import Conflict

LOCK = 0x4845_4444  # any number that nobody else takes: "HEDD"

_LEDGER = """
create schema if not exists heddle;
create table if not exists heddle.migrations (
  number     integer     primary key,
  name       text        not null,
  checksum   text        not null,
  applied_at timestamptz not null default now()
);
"""


def migrate(connection: "Connection[Any]", wanted: list[Migration] | None = None) -> list[str]:
    """Apply what is missing and return its names; the connection's user must own the schema, and commits at once.

    Each file is applied whole or not at all. Raises Conflict `migration_changed` if an applied file has other content.
    """
    wanted = migrations() if wanted is None else wanted
    connection.execute("select pg_advisory_lock(%s)", [LOCK])
    try:
        connection.execute(_LEDGER)
        known: dict[int, str] = dict(connection.execute("select number, checksum from heddle.migrations").fetchall())
        for migration in wanted:
            if known.get(migration.number, migration.checksum) != migration.checksum:
                raise Conflict(
                    f"{migration.name} was applied with other content; write a new file instead of changing it",
                    code="migration_changed",
                    migration=migration.name,
                )
        missing = [migration for migration in wanted if migration.number not in known]
        for migration in missing:
            with connection.transaction():
                connection.execute(migration.sql)
                connection.execute(
                    "insert into heddle.migrations (number, name, checksum) values (%s, %s, %s)",
                    [migration.number, migration.name, migration.checksum],
                )
        return [migration.name for migration in missing]
    finally:
        connection.execute("select pg_advisory_unlock(%s)", [LOCK])
