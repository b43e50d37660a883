"""Bring the database up to date: at each deploy that brings other migrations, before anything that needs them.

Trigger: CloudFormation, as the custom resource Migrations of the stack Content; an operator may call it too
In:      {"RequestType": "Create" | "Update" | "Delete", …}, or {}; a deleted stack leaves the data alone
Out:     {"Applied"}; whatever it raises fails the deploy, which is then rolled back
"""

from typing import Any

import psycopg

from heddle.adapters.postgres.migrate import migrate
from heddle.runtime.custom_resource import custom_resource
from heddle.runtime.database import DatabaseSettings, url_of
from heddle.runtime.logging import logger


@custom_resource("heddle-migrations")
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply what is missing."""
    if event.get("RequestType") == "Delete":
        return {"Applied": ""}
    # A database that had scaled down to nothing needs some seconds to wake up.
    with psycopg.connect(url_of(DatabaseSettings.load(), owner=True), autocommit=True, connect_timeout=60) as owner:
        applied = migrate(owner)
    logger().info("migrated", applied=applied)
    return {"Applied": ", ".join(applied)}
