"""The sending side of API Gateway's WebSockets: POST and DELETE of `@connections`, over connections that stay open.

boto3 costs about a millisecond of processor per call; fanning out is nothing but such calls, so requests are signed
with botocore's own signer and sent with urllib3, which botocore brings.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from heddle.application.ports.realtime import Posted

CONNECT_SECONDS, READ_SECONDS = 1.0, 2.0
"""A client that does not read must not be waited for."""
ATTEMPTS = 3
_BUSY = frozenset([429, 500, 502, 503, 504])


@dataclass
class ManagementGateway:
    """A Gateway. `endpoint` is `https://{api}.execute-api.{region}.amazonaws.com/{stage}`, of the configuration."""

    endpoint: str
    credentials: Any
    region: str
    threads: int = 64
    sleep: Callable[[float], None] = time.sleep
    _pool: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._pool = urllib3.PoolManager(maxsize=self.threads, timeout=timeout, retries=False)

    def post(self, connection_id: str, frame: bytes) -> Posted:
        for attempt in range(1, ATTEMPTS + 1):
            status = self._send("POST", connection_id, frame)
            if status == 410 or status == 404:
                return "gone"
            if status is not None and status < 300:
                return "sent"
            if status is None or status not in _BUSY:
                return "failed"
            self.sleep(0.05 * attempt)
        return "failed"

    def close(self, connection_id: str) -> None:
        self._send("DELETE", connection_id, None)

    def _send(self, method: str, connection_id: str, body: bytes | None) -> int | None:
        # Ids hold characters such as = that must be encoded in the path, and once more for the signature.
        url = f"{self.endpoint}/@connections/{quote(connection_id, safe='')}"
        request = AWSRequest(method=method, url=url, data=body)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        try:
            answer = self._pool.request(method, url, body=body, headers=dict(request.headers.items()))
        except urllib3.exceptions.HTTPError:
            return None
        return int(answer.status)
