"""Bringing a database up to date: plain SQL files, each applied once, in the order of their numbers.

Whoever comes second waits for whoever is at it (an advisory lock), and then finds nothing to do. A file that has been
applied never changes: its checksum is kept, and another content under the same number is refused.
"""

import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from psycopg import Connection

from heddle.errors import Conflict
from heddle.records import dataclass

LOCK = 0x4845_4444  # any number that nobody else takes: "HEDD"
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")

_LEDGER = """
create schema if not exists heddle;
create table if not exists heddle.migrations (
  number     integer     primary key,
  name       text        not null,
  checksum   text        not null,
  applied_at timestamptz not null default now()
);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What tells whether it is still the same."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the files that came with this code, by number."""
    return sorted(_files(), key=lambda migration: migration.number)


def _files() -> Iterator[Migration]:
    for file in files("heddle.adapters.postgres").joinpath("migrations").iterdir():
        if found := _NAME.fullmatch(file.name):
            yield Migration(int(found[1]), file.name, file.read_text(encoding="utf-8"))


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
