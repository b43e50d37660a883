"""The stage's database, brought up to date by the migrations that a deploy in the cloud applies too."""

import sys

from heddle_cli.stage.home import project_root
from heddle_cli.stage.postgres import Postgres

LOGIN = "heddle_functions"
"""Whom functions log in as: the migrations make it, and let it become heddle_app."""


def functions_url(port: int) -> str:
    """Return where functions find the database; it answers on the loopback interface only, and asks no password."""
    return f"postgresql://{LOGIN}@127.0.0.1:{port}/postgres"


def prepare(port: int) -> list[str]:
    """Apply what is missing and return the names of those files."""
    import psycopg

    core = str(project_root() / "layers" / "core" / "python")
    if core not in sys.path:
        sys.path.append(core)
    from heddle.adapters.postgres.migrate import migrate

    with psycopg.connect(Postgres(project_root(), port).dsn, autocommit=True) as connection:
        return migrate(connection)
