"""Decide who calls: the REQUEST authorizer of the REST API.

In:  API Gateway REQUEST authorizer event with `Authorization: Bearer …` or `X-Api-Key: hdl_…`.
Out: a policy for the whole stage with context {tenant, principal, roles, scopes, name, expires_at}; no credential that
     holds raises "Unauthorized", which API Gateway answers with 401.
"""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from heddle.adapters.aws.api_keys import DynamoApiKeyStore
from heddle.adapters.jwks import JwksSigningKeys
from heddle.application.identity.api_keys import CheckApiKey
from heddle.application.identity.authenticate import Authenticate
from heddle.application.identity.check_token import CheckToken
from heddle.runtime.authorizer import authorize

logger = Logger()


@cache
def authenticate() -> Authenticate:
    """Build the use case once per warm sandbox; tests put their own in its place."""
    import boto3

    check_token = CheckToken(
        JwksSigningKeys(os.environ["JWKS_URL"]), os.environ["JWT_ISSUER"], os.environ["USER_POOL_CLIENT_ID"]
    )
    keys = DynamoApiKeyStore(boto3.client("dynamodb"), os.environ["CATALOG_TABLE"])
    return Authenticate(check_token, CheckApiKey(keys, lambda: datetime.now(UTC)))


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Unpack, call, answer."""

    def log(message: str, **facts: str) -> None:
        logger.warning(message, extra=facts)

    return authorize(event, authenticate(), log)
