"""The API of a stage on AWS, built once per sandbox by each function that answers for some of its routes."""

import secrets
import time

from heddle.runtime.api.app import Api
from heddle.runtime.api.aws_ports import AwsPorts, RestSettings
from heddle.runtime.api.ports import ApiSettings
from heddle.runtime.api.services import Services
from heddle.runtime.clock import new_id, now


def api_of(settings: RestSettings) -> Api:
    """Wire the API."""
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
