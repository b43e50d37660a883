"""The part of the REST API that analyses documents: it alone has the parsers.

In:  API Gateway REST proxy event of POST /analyze; requestContext.authorizer holds the caller
Out: proxy response; errors are application/problem+json
"""

from functools import cache
from typing import Any

from heddle.runtime.api.app import Api
from heddle.runtime.api.aws_ports import RestSettings
from heddle.runtime.api.on_aws import api_of


@cache
def api() -> Api:
    """Build the API once per warm sandbox; tests put their own in its place."""
    return api_of(RestSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Unpack, call, answer."""
    return api().handle(event, context)
