"""The sending side of API Gateway's WebSockets: POST and DELETE of `@connections`, over connections that stay open.

boto3 costs about a millisecond of processor per call; fanning out is nothing but such calls, so requests are signed
with botocore's own signer and sent with http.client, which costs a third of urllib3 (benchmarks/fan_out.py).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from heddle.application.ports.realtime import Posted

CONNECT_SECONDS, READ_SECONDS = 1.0, 2.0
"""A client that does not read must not be waited for."""
ATTEMPTS = 3
_BUSY = frozenset([429, 500, 502, 503, 504])


@dataclass
class ManagementGateway:
    """A Gateway. `endpoint` is `https://{api}.execute-api.{region}.amazonaws.com/{stage}`, of the configuration.

    Every thread that posts keeps a connection of its own.
    """

    endpoint: str
    credentials: Any
    region: str
    sleep: Callable[[float], None] = time.sleep
    _own: threading.local = field(init=False, default_factory=threading.local)

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

    def hang_up(self) -> None:
        """Close the connection that this thread keeps."""
        kept, self._own.connection = self._kept(), None
        if kept is not None:
            kept.close()

    def _send(self, method: str, connection_id: str, body: bytes | None) -> int | None:
        # Ids hold characters such as = that must be encoded in the path, and once more for the signature.
        url = f"{self.endpoint}/@connections/{quote(connection_id, safe='')}"
        request = AWSRequest(method=method, url=url, data=body)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        path, headers = urlsplit(url).path, dict(request.headers.items())
        kept = self._kept()
        if kept is not None:
            try:
                return self._exchange(kept, method, path, body, headers)
            except TimeoutError:
                return None
            except (HTTPException, OSError):
                pass  # The other end closes what was idle for long: that says nothing of this frame.
        try:
            return self._exchange(self._connect(), method, path, body, headers)
        except (HTTPException, OSError):
            return None

    def _kept(self) -> HTTPConnection | None:
        return getattr(self._own, "connection", None)

    def _connect(self) -> HTTPConnection:
        parts = urlsplit(self.endpoint)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.netloc, timeout=CONNECT_SECONDS)
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        return connection

    def _exchange(
        self, connection: HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> int:
        """Return the status of the answer; the connection is kept where another request may follow on it."""
        self._own.connection = None
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (HTTPException, OSError):
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._own.connection = connection
        return answer.status
