"""How the SDKs reach a provider over HTTP: with one deadline for the whole call, and only at addresses that may be.

    SDK ── httpx2 ── Transport: timeout becomes a deadline ── httpcore2 ── _Network: address checked, then connected to
                                                                 └── _Stream: each read and write gets what is left

A timeout of HTTP clients begins anew with every byte, so an answer that drips would never end. The deadline travels
inside of the timeout, which httpcore2 hands down to the socket untouched. Redirects are not followed: a key would go
along. What does not end, or unpacks to much more than it is, does not fill the memory.
"""

import ssl
import time
import weakref
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from urllib.request import getproxies

import httpcore2
import httpx2

from heddle.adapters.nodes.addresses import AddressGuard
from heddle.domain.addresses import Target
from heddle.errors import NodeError

MAX_BYTES = 64 * 1024 * 1024
"""The most of one answer, or of one line of a stream."""
_LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=60.0)
# What may go to an address that a tenant chose: the SDKs add headers of their own from the function's environment.
_HARMLESS = frozenset(
    {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "transfer-encoding"}
    | {"user-agent", "x-client-request-id"}
)
_CREDENTIALS = frozenset({"authorization", "api-key", "x-api-key"})


def http_client(owner: object, guard: AddressGuard | None = None, key: str | None = None) -> httpx2.Client:
    """Return a client for an SDK. With `guard` it connects to checked addresses only, and sends no key but `key`.

    Its connections are closed when nobody holds the owner any more: the SDKs' clients refer to themselves, so theirs
    would wait for the garbage collector, which may take the socket first.
    Without a guard, proxies of the environment are used; then timeouts are for each read, as httpx2 does it.
    """
    if guard is None and not getproxies().keys().isdisjoint({"http", "https", "all"}):
        client = httpx2.Client(limits=_LIMITS, follow_redirects=False)
    else:
        client = httpx2.Client(transport=Transport(guard, key), trust_env=False, follow_redirects=False)
    weakref.finalize(owner, client.close)
    return client


def unreadable(error: Exception) -> bool:
    """Return whether an SDK's error is about the body rather than the connection: packed, too large."""
    return isinstance(error, httpx2.DecodingError) or isinstance(error.__cause__, httpx2.DecodingError)


def was_sent(error: Exception) -> bool:
    """Return whether a request may have got to the provider before the SDK's error: not if there was no connection."""
    lost = error if isinstance(error, httpx2.HTTPError) else error.__cause__
    return not isinstance(lost, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.ProxyError)


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


class _Until(float):
    """A timeout that knows when the whole call must have ended."""

    deadline: float

    @classmethod
    def at(cls, seconds: float | None, deadline: float) -> "_Until":
        until = cls(3600.0 if seconds is None else seconds)
        until.deadline = deadline
        return until


def _left(timeout: float | None) -> float | None:
    if not isinstance(timeout, _Until):
        return timeout
    left = timeout.deadline - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline has passed")
    return min(float(timeout), left)


class Transport(httpx2.HTTPTransport):
    """The SDKs' transport, see above."""

    def __init__(self, guard: AddressGuard | None = None, key: str | None = None) -> None:
        super().__init__(verify=_tls(), limits=_LIMITS)
        self._guarded = guard is not None
        self._key = key
        # httpx2 has no way to hand over a network backend; httpcore2 has.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_tls(),
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=_Network(guard),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it; the read timeout is the deadline of everything."""
        timeouts = dict(request.extensions.get("timeout", {}))
        deadline = time.monotonic() + (timeouts.get("read") or 3600.0)
        names = ("connect", "read", "write", "pool")
        timeouts = {name: _Until.at(timeouts.get(name), deadline) for name in names}
        request.extensions = {**request.extensions, "timeout": timeouts}
        if self._guarded:
            for name in [name for name in request.headers if not self._may_go(name, request.headers[name])]:
                del request.headers[name]
            request.headers["accept-encoding"] = "identity"
        response = super().handle_request(request)
        if self._guarded and response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise httpx2.DecodingError("the answer is packed, though it was asked not to be", request=request)
        assert isinstance(response.stream, httpx2.SyncByteStream), "the transport is not asynchronous"
        response.stream = _Bounded(response.stream, request, "event-stream" in response.headers.get("content-type", ""))
        return response

    def _may_go(self, name: str, value: str) -> bool:
        if name in _CREDENTIALS:
            return bool(self._key) and value in (self._key, f"Bearer {self._key}")
        return name in _HARMLESS


class _Bounded(httpx2.SyncByteStream):
    """A body of bounded size; of a stream of events, whose reader keeps only the last, the size of a line."""

    def __init__(self, inner: httpx2.SyncByteStream, request: httpx2.Request, by_line: bool) -> None:
        self._inner, self._request, self._by_line = inner, request, by_line

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._inner:
            newline = piece.rfind(b"\n") if self._by_line else -1
            size = size + len(piece) if newline < 0 else len(piece) - newline
            if size > MAX_BYTES:
                raise httpx2.DecodingError(f"the answer has more than {MAX_BYTES} bytes", request=self._request)
            yield piece

    def close(self) -> None:
        self._inner.close()


class _Network(httpcore2.SyncBackend):
    """Connects to the very addresses that were checked."""

    def __init__(self, guard: AddressGuard | None) -> None:
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        hosts = [host]
        if self._guard is not None:
            try:
                hosts = self._guard.addresses(Target("https", host, port, "/"), timeout=_left(timeout) or 10.0)
            except NodeError as error:
                if error.code == "http_blocked_address":
                    raise
                raise httpcore2.ConnectError(error.message) from error
        refused: Exception | None = None
        for address in hosts:
            try:
                stream = super().connect_tcp(address, port, _left(timeout), local_address, socket_options)
                return _Stream(stream)
            except httpcore2.ConnectError as error:
                refused = error
        assert refused is not None, "there is at least one address"
        raise refused


class _Stream(httpcore2.NetworkStream):
    """A connection whose reads and writes end at the deadline."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
