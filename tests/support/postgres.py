"""PostgreSQL for tests: one server per session (of each pytest worker), a fresh database in a tenth of a second.

The server is the one that `heddle up` starts; it ends with this process, whatever happens to it.
"""

import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from heddle.adapters.postgres.migrate import migrate
from heddle_cli.stage.postgres import Postgres, end_with_parent, run_as

_TEMPLATE = "heddle_template"


class Server:
    """A running server with a template of a migrated database, unless it shall know nothing of us yet."""

    def __init__(self, postgres: Postgres, *, migrated: bool = True) -> None:
        self._postgres = postgres
        if migrated:
            self._make_template()

    def _make_template(self) -> None:
        with self.connect("postgres") as connection:
            connection.execute(f"create database {_TEMPLATE}")
        with self.connect(_TEMPLATE) as connection:
            migrate(connection)

    def url(self, database: str) -> str:
        """Where a database is, for its owner."""
        return f"postgresql://postgres@127.0.0.1:{self._postgres.port}/{database}"

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """Return a connection of the owner's, that commits at once."""
        return psycopg.connect(self.url(database), autocommit=True)

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """Make a database, and drop it; gives its URL."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        with self.connect("postgres") as connection:
            connection.execute(f"create database {name}" + (f" template {_TEMPLATE}" if migrated else ""))
        try:
            yield self.url(name)
        finally:
            with self.connect("postgres") as connection:
                connection.execute(f"drop database {name} with (force)")


@contextmanager
def running_server(*, migrated: bool = True) -> Iterator[Server]:
    """Start a server on a free port, with its data in a folder that is forgotten."""
    folder = Path(tempfile.mkdtemp(prefix="heddle-postgres-"))
    folder.chmod(0o711)  # the server's user, which is not root, has to pass through
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        postgres = Postgres(folder / "server", probe.getsockname()[1])
    postgres.prepare()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            postgres.command(), stdout=log, stderr=log, cwd="/", preexec_fn=end_with_parent, **run_as()
        )
    try:
        while not postgres.is_ready():
            if process.poll() is not None:
                raise RuntimeError((folder / "log").read_text())
        yield Server(postgres, migrated=migrated)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
