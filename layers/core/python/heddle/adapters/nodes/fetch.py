"""One guarded HTTP exchange: checked addresses, redirects checked again, a size limit, one deadline for everything.

On `http.client`, whose connection can be given a socket: the socket goes to the very address that was checked, while
`Host` and the certificate are about the name. Proxy variables of the environment are not looked at.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import cache
from urllib.parse import urljoin

from heddle.adapters.nodes.addresses import AddressGuard
from heddle.domain.addresses import Target, parse_target
from heddle.domain.nodes.http_methods import SAFE_TO_REPEAT
from heddle.errors import NodeError
from heddle.records import dataclass

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 65536
# What may follow a redirect to another origin; anything else might be a credential under any name.
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent", "x-correlation-id"})


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. Header names as they should look; one value each."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names in lower case, repeated ones joined by a comma; `url` without its query."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    duration_ms: float


class GuardedClient:
    """Sends requests to public addresses, and to the hosts that the stage allows.

    Safe to share between threads: every exchange has a connection of its own.
    """

    def __init__(self, allowed: str | Iterable[str] = "", *, tls: ssl.SSLContext | None = None) -> None:
        self._guard = AddressGuard(allowed)
        self._tls = tls

    def send(self, request: Request, *, timeout: float, max_bytes: int, follow_redirects: int = 5) -> Answer:
        """Send the request and read the whole answer, whatever its status.

        Raises NodeError: http_bad_url, http_blocked_address, http_unreachable, http_timeout, http_tls,
        http_protocol, http_too_large, http_too_many_redirects. It is retryable only where repeating does no harm:
        the method is safe to repeat, or nothing was sent yet.
        """
        began = time.monotonic()
        target = parse_target(request.url)
        for _ in range(follow_redirects + 1):
            exchange = _Exchange(request, target, deadline=began + timeout, max_bytes=max_bytes)
            status, headers, body = exchange.run(self._guard, self._tls)
            location = headers.get("location")
            if status not in _REDIRECTS or not location or not follow_redirects:
                duration_ms = round((time.monotonic() - began) * 1000, 3)
                return Answer(status, headers, body, target.shown, duration_ms)
            onward = parse_target(_join(target, location))
            request = _redirected(request, status, same_origin=onward.origin == target.origin)
            target = onward
        raise NodeError(
            f"more than {follow_redirects} redirects",
            code="http_too_many_redirects",
            host=target.host,
            url=target.shown,
        )


def _join(target: Target, location: str) -> str:
    # Header values are bytes that http.client reads as Latin-1; an address in UTF-8 is told by decoding it again.
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return urljoin(f"{target.scheme}://{target.authority}{target.path}", location)
    except ValueError:
        return location


def _redirected(request: Request, status: int, *, same_origin: bool) -> Request:
    """Return the request that follows a redirect (RFC 9110, 15.4): a POST becomes a GET unless the status forbids."""
    headers = dict(request.headers)
    if not same_origin:
        headers = {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
    if (status == 303 and request.method != "HEAD") or (status in (301, 302) and request.method == "POST"):
        headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
        return replace(request, method="GET", body=None, headers=headers)
    return replace(request, headers=headers)


class _Exchange:
    """One request to one target, and its answer."""

    def __init__(self, request: Request, target: Target, *, deadline: float, max_bytes: int) -> None:
        self.request = request
        self.target = target
        self.deadline = deadline
        self.max_bytes = max_bytes
        self.sent = False
        self.expired = threading.Event()

    def run(self, guard: AddressGuard, tls: ssl.SSLContext | None) -> tuple[int, dict[str, str], bytes]:
        addresses = guard.addresses(self.target, timeout=self.left())
        connection = http.client.HTTPConnection(self.target.host, self.target.port)
        with contextlib.closing(connection):
            try:
                raw = self._connect(addresses)
                with raw, self._watch(raw):
                    connection.sock = self._secure(raw, tls) if self.target.scheme == "https" else raw
                    return self._talk(connection)
            except NodeError:
                raise
            except ssl.SSLCertVerificationError as error:
                raise self._error("http_tls", f"certificate not accepted: {error.verify_message}", False) from None
            except (OSError, http.client.HTTPException) as error:
                raise self._translate(error) from None

    def left(self) -> float:
        """Return the seconds left; raises NodeError `http_timeout` when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise self._timeout()
        return left

    def _connect(self, addresses: list[str]) -> socket.socket:
        """Connect to the first checked address that answers."""
        refused: OSError | None = None
        for address in addresses:
            try:
                return self._connect_to(address)
            except OSError as error:
                refused = error
        assert refused is not None, "there is at least one address"
        raise refused

    def _connect_to(self, address: str) -> socket.socket:
        # Not socket.create_connection: it would ask the resolver again, if only about a number.
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.left())
            connection.connect((address, self.target.port))
        except BaseException:
            connection.close()
            raise
        return connection

    def _secure(self, raw: socket.socket, tls: ssl.SSLContext | None) -> ssl.SSLSocket:
        return (tls or _default_tls()).wrap_socket(raw, server_hostname=self.target.host)

    @contextlib.contextmanager
    def _watch(self, raw: socket.socket) -> Iterator[None]:
        """End the connection at the deadline, however slowly the other side drips.

        A socket's own timeout begins anew with every byte. The duplicate is needed because TLS takes the first one.
        """
        handle = raw.dup()

        def expire() -> None:
            self.expired.set()
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.left(), expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            handle.close()

    def _talk(self, connection: http.client.HTTPConnection) -> tuple[int, dict[str, str], bytes]:
        headers = {"Host": self.target.authority, "Accept-Encoding": "gzip", **self.request.headers}
        headers["Connection"] = "close"
        self.sent = True
        connection.request(self.request.method, self.target.path, body=self.request.body, headers=headers)
        with connection.getresponse() as response:
            body = self._read(response)
        if self.expired.is_set():
            raise self._timeout()
        received: dict[str, str] = {}
        for name, value in response.getheaders():
            name = name.lower()
            received[name] = f"{received[name]}, {value}" if name in received else value
        return response.status, received, body

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        """Read the body, unpacked, up to the limit: a small packed body may be a very large one."""
        encoding = response.getheader("content-encoding", "identity").strip().lower()
        unpack = _unpacker(encoding)
        if encoding == "identity" and response.length is not None and response.length > self.max_bytes:
            raise self._too_large(response.status)
        pieces: list[bytes] = []
        room = self.max_bytes
        while piece := response.read(_PIECE):
            if unpack is not None:
                try:
                    piece = unpack.decompress(piece, room + 1)
                except zlib.error:
                    raise self._error("http_protocol", "sent a body that cannot be unpacked", False) from None
            room -= len(piece)
            if room < 0 or (unpack is not None and unpack.unconsumed_tail):
                raise self._too_large(response.status)
            pieces.append(piece)
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        if unpack is not None and pieces and not unpack.eof:
            raise http.client.IncompleteRead(b"")
        if encoding not in ("identity", "") and unpack is None and pieces:
            raise self._error("http_protocol", f"sent a body in an encoding that was not asked for: {encoding}", False)
        return b"".join(pieces)

    def _translate(self, error: OSError | http.client.HTTPException) -> NodeError:
        if self.expired.is_set() or isinstance(error, TimeoutError):
            return self._timeout()
        if isinstance(error, ssl.SSLError) and not self.sent:
            return self._error("http_tls", f"no secure connection: {error.reason or 'handshake failed'}", False)
        if isinstance(error, http.client.HTTPException) and not isinstance(
            error, http.client.IncompleteRead | http.client.RemoteDisconnected
        ):
            return self._error("http_protocol", "did not answer in HTTP", False)
        reason = "ended the connection early" if self.sent else "cannot be reached"
        return self._error("http_unreachable", reason, self._repeatable())

    def _repeatable(self) -> bool:
        return not self.sent or self.request.method in SAFE_TO_REPEAT

    def _timeout(self) -> NodeError:
        return self._error("http_timeout", "did not answer in time", self._repeatable())

    def _too_large(self, status: int) -> NodeError:
        reason = f"answered with more than {self.max_bytes} bytes"
        return self._error("http_too_large", reason, False, max_bytes=self.max_bytes, status=status)

    def _error(self, code: str, reason: str, retryable: bool, **details: object) -> NodeError:
        message = f"{self.target.authority} {reason}"
        return NodeError(
            message, code=code, retryable=retryable, host=self.target.host, url=self.target.shown, **details
        )


def _unpacker(encoding: str) -> "zlib._Decompress | None":
    """Return what unpacks the body: 47 takes gzip and zlib by their first bytes."""
    return zlib.decompressobj(47) if encoding in ("gzip", "x-gzip", "deflate") else None


@cache
def _default_tls() -> ssl.SSLContext:
    """Return the context with the system's authorities; made once, because reading them takes a while."""
    return ssl.create_default_context()
