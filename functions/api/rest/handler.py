"""The public REST API: every route of heddle/runtime/api/routes.

In:  API Gateway REST proxy event; requestContext.authorizer holds the caller (functions/auth/authorizer).
Out: proxy response; errors are application/problem+json.
"""

import secrets
import time
from functools import cache
from typing import Any

from heddle.runtime.api.app import Api
from heddle.runtime.api.aws_ports import AwsPorts, RestSettings
from heddle.runtime.api.ports import ApiSettings
from heddle.runtime.api.services import Services
from heddle.runtime.clock import new_id, now


@cache
def api() -> Api:
    """Build the API once per warm sandbox; tests put their own in its place."""
    settings = RestSettings.load()
    services = Services(
        ports=AwsPorts(settings),
        settings=ApiSettings(
            settings.stage,
            settings.version,
            settings.cors_origins,
            settings.default_provider,
            settings.http_allowed_hosts,
        ),
        now=now,
        new_id=new_id,
        new_secret=lambda: secrets.token_urlsafe(32),
        sleep=time.sleep,
        monotonic=time.monotonic,
    )
    return Api(services)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Unpack, call, answer."""
    return api().handle(event, context)
