"""The stage's database, as functions are told of it: an address, a cluster, or the secret that holds an address."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from heddle.runtime.settings import BadEnvironment, Settings

if TYPE_CHECKING:
    from heddle.adapters.postgres.database import Database


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings(Settings):
    """One of DATABASE_URL, DATABASE_HOST and DATABASE_SECRET.

    DATABASE_URL where it asks no password (the local stage); DATABASE_HOST and DATABASE_USER where it is a cluster of
    the stage's, which takes tokens of IAM; else DATABASE_SECRET, the name of a secret.

    The secret is JSON: {"url": …}, and {"owner_url": …} for whoever migrates if that is somebody else; or what RDS
    writes, {"host", "port", "username", "password", "dbname"}. DATABASE_OWNER_SECRET is for the migrations of a
    cluster: what RDS writes of its owner, {"username", "password"}.
    """

    database_url: str = ""
    database_secret: str = ""
    database_host: str = ""
    database_port: int = 5432
    database_name: str = "heddle"
    database_user: str = ""
    database_owner_secret: str = ""
    database_waking_seconds: int = 0


def database_of(settings: DatabaseSettings, *, statement_seconds: int = 25) -> "Database":
    """Return the database; nothing is opened, and no secret read, before the first transaction."""
    from heddle.adapters.postgres.database import Database

    return Database(
        lambda: url_of(settings),
        statement_seconds=statement_seconds,
        waking_seconds=settings.database_waking_seconds,
    )


def url_of(settings: DatabaseSettings, *, owner: bool = False) -> str:
    """Return the address; made each time, so that a password that was changed is found after a lost connection.

    Raises BadEnvironment if the function is told of none.
    """
    if settings.database_url:
        return settings.database_url
    if settings.database_host:
        return _address_in_cluster(settings, owner=owner)
    if not settings.database_secret:
        raise BadEnvironment(
            "this function needs the environment variable DATABASE_URL, DATABASE_HOST or DATABASE_SECRET"
        )
    return address(_secret(settings.database_secret), owner=owner)


def _address_in_cluster(settings: DatabaseSettings, *, owner: bool) -> str:
    where = {
        "host": settings.database_host,
        "port": settings.database_port,
        "dbname": settings.database_name,
    }
    if owner:
        return address(_secret(settings.database_owner_secret) | where)
    import boto3

    from heddle.adapters.aws.database_token import database_token

    session = boto3.Session()
    token = database_token(
        host=settings.database_host,
        port=settings.database_port,
        user=settings.database_user,
        region=session.region_name,
        credentials=session.get_credentials(),
    )
    return address({"username": settings.database_user, "password": token} | where)


def _secret(name: str) -> dict[str, Any]:
    from heddle.runtime.clients import client

    value: dict[str, Any] = orjson.loads(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    return value


def address(secret: dict[str, Any], *, owner: bool = False) -> str:
    """Return the address that a secret stands for."""
    if owner and secret.get("owner_url"):
        return str(secret["owner_url"])
    if secret.get("url"):
        return str(secret["url"])
    who = f"{quote(str(secret['username']), safe='')}:{quote(str(secret['password']), safe='')}"
    where = f"{secret['host']}:{secret.get('port', 5432)}/{quote(str(secret.get('dbname') or 'heddle'), safe='')}"
    return f"postgresql://{who}@{where}?sslmode=require"
