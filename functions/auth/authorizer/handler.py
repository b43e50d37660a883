"""Decide who calls: the REQUEST authorizer of the REST API.

In:  API Gateway REQUEST authorizer event with `Authorization: Bearer …` or `X-Api-Key: hdl_…`.
Out: a policy for the whole stage with context {tenant, principal, roles, scopes, name, expires_at}; no credential that
     holds raises "Unauthorized", which API Gateway answers with 401.
"""

import os
from functools import cache
from typing import Any

from heddle.adapters.jwks import JwksSigningKeys
from heddle.application.identity.api_keys import CheckApiKey
from heddle.application.identity.authenticate import Authenticate
from heddle.application.identity.check_token import CheckToken
from heddle.runtime.authorizer import authorize
from heddle.runtime.clock import now
from heddle.runtime.logging import bind


@cache
def check_key() -> CheckApiKey:
    """Build what checks API keys. Imported here: who sends a token, as most do, waits for no AWS client."""
    from heddle.adapters.aws.api_keys import DynamoApiKeyStore
    from heddle.runtime.clients import client

    return CheckApiKey(DynamoApiKeyStore(client("dynamodb"), os.environ["CATALOG_TABLE"]), now)


@cache
def authenticate() -> Authenticate:
    """Build the use case once per warm sandbox; tests put their own in its place."""
    keys = JwksSigningKeys(os.environ["JWKS_URL"])
    check_token = CheckToken(keys, os.environ["JWT_ISSUER"], os.environ["USER_POOL_CLIENT_ID"])
    return Authenticate(check_token, lambda text: check_key()(text))


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Unpack, call, answer."""
    return authorize(event, authenticate(), bind(None, context).warning)
