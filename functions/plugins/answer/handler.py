"""The part of the REST API that is about plugins: it alone compiles them, for the processor that they will run on.

In:  API Gateway REST proxy event of /plugins and below; requestContext.authorizer holds the caller
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
