"""The stage's database, as functions are told of it: an address, or the secret that holds one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from heddle.runtime.settings import BadEnvironment, Settings

if TYPE_CHECKING:
    from heddle.adapters.postgres.database import Database


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings(Settings):
    """DATABASE_URL where it asks no password (the local stage), else DATABASE_SECRET: the name of a secret.

    The secret is JSON: {"url": …}, and {"owner_url": …} for whoever migrates if that is somebody else; or what RDS
    writes, {"host", "port", "username", "password", "dbname"}.
    """

    database_url: str = ""
    database_secret: str = ""


def database_of(settings: DatabaseSettings, *, statement_seconds: int = 25) -> "Database":
    """Return the database; nothing is opened, and no secret read, before the first transaction."""
    from heddle.adapters.postgres.database import Database

    return Database(lambda: url_of(settings), statement_seconds=statement_seconds)


def url_of(settings: DatabaseSettings, *, owner: bool = False) -> str:
    """Return the address; read each time, so that a password that was changed is found after a lost connection.

    Raises BadEnvironment if the function is told of none.
    """
    if settings.database_url:
        return settings.database_url
    if not settings.database_secret:
        raise BadEnvironment("this function needs the environment variable DATABASE_URL or DATABASE_SECRET")
    from heddle.runtime.clients import client

    text = client("secretsmanager").get_secret_value(SecretId=settings.database_secret)["SecretString"]
    return address(orjson.loads(text), owner=owner)


def address(secret: dict[str, Any], *, owner: bool = False) -> str:
    """Return the address that a secret stands for."""
    if owner and secret.get("owner_url"):
        return str(secret["owner_url"])
    if secret.get("url"):
        return str(secret["url"])
    who = f"{quote(str(secret['username']), safe='')}:{quote(str(secret['password']), safe='')}"
    where = f"{secret['host']}:{secret.get('port', 5432)}/{quote(str(secret.get('dbname') or 'heddle'), safe='')}"
    return f"postgresql://{who}@{where}?sslmode=require"
