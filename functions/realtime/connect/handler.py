"""Admit a WebSocket, or refuse it before the upgrade.

Trigger: route $connect of the WebSocket API; the credential is in a header, the query or the sub-protocol
Out:     {"statusCode": 200}, with the sub-protocol that carried the token; else 401, 403, 404, 409, 429 or 503
"""

import os
from functools import cache
from typing import Any

from heddle.adapters.jwks import JwksSigningKeys
from heddle.application.identity.api_keys import CheckApiKey
from heddle.application.identity.authenticate import Authenticate
from heddle.application.identity.check_token import CheckToken
from heddle.application.realtime.connect import Connect
from heddle.application.realtime.credentials import credential, subprotocol
from heddle.domain.realtime.frames import number_of
from heddle.errors import HeddleError
from heddle.runtime.clock import now
from heddle.runtime.logging import bind
from heddle.runtime.realtime import Realtime, RealtimeSettings


@cache
def connect() -> Connect:
    """Build the use case once per sandbox; tests put their own in its place."""
    return Realtime(RealtimeSettings.load()).connect()


@cache
def authenticate() -> Authenticate:
    """Build what checks credentials: the same as for the REST API."""
    keys = JwksSigningKeys(os.environ["JWKS_URL"])
    check_token = CheckToken(keys, os.environ["JWT_ISSUER"], os.environ["USER_POOL_CLIENT_ID"])
    return Authenticate(check_token, lambda text: check_key()(text))


@cache
def check_key() -> CheckApiKey:
    """Build what checks API keys, when one is sent."""
    from heddle.adapters.aws.api_keys import DynamoApiKeyStore
    from heddle.runtime.clients import client

    return CheckApiKey(DynamoApiKeyStore(client("dynamodb"), os.environ["CATALOG_TABLE"]), now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Check, keep, answer."""
    log = bind(None, context)
    headers, query = event.get("headers") or {}, event.get("queryStringParameters") or {}
    connection_id = event["requestContext"]["connectionId"]
    device = {name: query[name] for name in ("device_type", "platform", "app_version") if query.get(name)}
    try:
        principal = authenticate()(credential(headers, query))
        connection = connect()(connection_id, principal, resume=query.get("resume"), device=device)
    except HeddleError as error:
        log.warning("refused", code=error.code, reason=error.message)
        return {"statusCode": number_of(error)}
    log.info("connected", tenant=connection.tenant, principal=principal.id, connection_id=connection_id)
    chosen = subprotocol(headers)
    return {"statusCode": 200, **({"headers": {"Sec-WebSocket-Protocol": chosen}} if chosen else {})}
