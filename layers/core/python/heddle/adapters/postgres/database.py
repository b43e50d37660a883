"""A connection to PostgreSQL, and transactions that see one tenant."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, Cursor
from psycopg.rows import dict_row

from heddle.errors import UpstreamUnavailable

CONNECT_SECONDS = 5
REFUSED_SECONDS = 1
TRUSTED_SECONDS = 5
ROLE = "heddle_app"
Row = dict[str, Any]

# All for this transaction only, and by a statement: poolers take no options of a session. `role` whoever has logged in:
# an owner or a superuser would not be held by the policies.
_BEGIN = """
select set_config('role', %s, true), set_config('heddle.tenant', %s, true), set_config('statement_timeout', %s, true),
  set_config('search_path', 'heddle, public', true), set_config('timezone', 'UTC', true)
"""


class Database:
    """One connection, opened at the first use and opened again after it broke. `url` may be asked for each time.

    A server that sleeps while nobody uses it is given `waking_seconds` to answer: the first attempt wakes it, and is
    held or refused until it is up.
    """

    def __init__(
        self,
        url: str | Callable[[], str],
        *,
        statement_seconds: int = 25,
        waking_seconds: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._waking_seconds = waking_seconds
        self._clock, self._sleep = clock, sleep
        self._patience = f"{statement_seconds}s"
        self._connection: Connection[Row] | None = None
        self._used = 0.0
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self, tenant: str) -> Iterator[Cursor[Row]]:
        """One transaction of a tenant: row-level security lets it see and write that tenant's rows only.

        Raises UpstreamUnavailable `database_unavailable` if the database does not answer; nothing is written then,
        or, where only the commit was not confirmed, all of it: statements here bear being repeated.
        """
        with self._lock, _translated(self._forget):
            connection = self._open()
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(_BEGIN, [ROLE, tenant, self._patience])
                yield cursor
            self._used = self._clock()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._forget()

    def _open(self) -> Connection[Row]:
        if self._connection is None or not self._alive(self._connection):
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Connection[Row]:
        """Connect, again and again while the server may be waking up."""
        until = self._clock() + self._waking_seconds
        while True:
            left = until - self._clock()
            try:
                return psycopg.connect(
                    self._url if isinstance(self._url, str) else self._url(),
                    autocommit=True,
                    row_factory=dict_row,
                    connect_timeout=max(CONNECT_SECONDS, int(left)),
                    # A pooler between us and the database may give each transaction to another session.
                    prepare_threshold=None,
                )
            except psycopg.OperationalError:
                if self._clock() + REFUSED_SECONDS >= until:
                    raise
                self._sleep(REFUSED_SECONDS)

    def _alive(self, connection: Connection[Row]) -> bool:
        """Whether the server has not closed it while nobody used it: a sandbox is frozen between two calls."""
        if connection.closed:
            return False
        if self._clock() - self._used < TRUSTED_SECONDS:
            return True
        try:
            connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def _translated(forget: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise UpstreamUnavailable("the database took too long", code="database_timeout") from error
    except psycopg.OperationalError as error:
        forget()
        message = "the database does not answer; nothing was changed"
        raise UpstreamUnavailable(message, code="database_unavailable") from error


def vector_text(values: Sequence[float]) -> str:
    """Return a vector as pgvector reads it."""
    return f"[{','.join(map(repr, values))}]"
