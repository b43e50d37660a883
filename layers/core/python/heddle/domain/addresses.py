"""Which addresses somebody's URL may name: the first half of the guard against requests forged to the inside (SSRF).

A URL is taken apart strictly, so that no two readers read it differently, and an address that is not ordinary public
unicast is told for what it is. Who connects resolves the name once and looks again: `adapters/nodes/addresses.py`.
"""

import ipaddress
import re
import socket
from collections.abc import Collection
from urllib.parse import SplitResult, quote, urlsplit

from heddle.errors import NodeError
from heddle.records import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA's special-purpose registries (as of 2025), and those that smuggle an IPv4 address inside an IPv6 one. Written
# out, because `is_global` differs between Python versions and calls multicast global.
_BLOCKED_4 = [
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host agent
        "169.254.0.0/16",  # link-local: the metadata services of every cloud
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
"""The only block that is global unicast: loopback, mapped, NAT64, unique local, link-local, multicast lie outside."""
_BLOCKED_6 = [
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
]

# Ports of mail and shells, where a request that looks like a command could be taken for one (fetch standard, 2.9).
BLOCKED_PORTS = frozenset({19, 21, 22, 23, 25, 53, 69, 110, 119, 143, 389, 465, 514, 515, 587, 636, 993, 995, 6000})

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL points: `host` in ASCII and lower case, `path` with its query, ready for the request line."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what decides whether credentials may go along."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host, with the port if it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL without its query, which may hold signatures: for outputs and errors."""
        return f"{self.scheme}://{self.authority}{self.path.partition('?')[0]}"


def bad_url(reason: str) -> NodeError:
    """Return the error for a URL that cannot be used. It does not quote the URL, which may hold a password."""
    return NodeError(f"the URL {reason}", code="http_bad_url", reason=reason)


def parse_target(url: str) -> Target:
    """Take an http(s) URL apart; raises NodeError `http_bad_url` for whatever two readers could read differently."""
    if _FORBIDDEN.search(url.strip()):
        raise bad_url("holds a space, a control character or a backslash")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise bad_url("cannot be read") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise bad_url("must begin with http:// or https://")
    if "@" in parts.netloc:
        raise bad_url("must not hold a user name or password: send an Authorization header")
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if port == 0 or port in BLOCKED_PORTS:
        raise bad_url(f"names port {port}, which is not one for HTTP")
    return Target(parts.scheme, _host(parts.hostname or ""), port, _request_path(parts))


def _host(host: str) -> str:
    """Return the host as a name in ASCII or an IP address in its usual form."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host).compressed if "%" not in host else _no_host()
        except ValueError:
            return _no_host()
    try:
        # The codec also folds look-alikes (full-width or circled digits, ideographic dots) into plain ASCII.
        name = (
            host.rstrip(".").encode("idna").decode("ascii").lower() if not host.isascii() else host.rstrip(".").lower()
        )
    except UnicodeError:
        return _no_host()
    if not _HOST.fullmatch(name) or len(name) > 253:
        return _no_host()
    if _NUMERIC.fullmatch(name.rpartition(".")[2]):
        return _numeric_host(name)
    return name


def _no_host() -> str:
    raise bad_url("does not name a host")


def _numeric_host(name: str) -> str:
    """Return an IPv4 address; 127.1, 0x7f000001, 017700000001 and 2130706433 are told for what they are."""
    try:
        address = str(ipaddress.IPv4Address(socket.inet_aton(name)))
    except (OSError, ValueError):
        raise bad_url("does not name a host") from None
    if address != name:
        if is_blocked(ipaddress.IPv4Address(address)):
            raise blocked(name)
        raise bad_url("writes its address in an unusual way")
    return address


def _request_path(parts: SplitResult) -> str:
    """Return path and query with everything outside ASCII percent-encoded; what is encoded already stays."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]|')}" if parts.query else path


def is_blocked(address: Address) -> bool:
    """Return whether an address is anything but ordinary, public unicast."""
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in block for block in _BLOCKED_4)
    return address not in _GLOBAL_6 or any(address in block for block in _BLOCKED_6)


def blocked(host: str) -> NodeError:
    """Return the error for a forbidden address. It does not say the address: that would map the inside."""
    return NodeError(
        f"{host} is, or leads to, an address inside a network; this stage does not allow it",
        code="http_blocked_address",
        host=host,
    )


def allowed_among(target: Target, hosts: Collection[str]) -> bool:
    """Return whether `hosts`, in lower case, has the target: as `host` (any port) or `host:port`."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return target.host in hosts or host in hosts or f"{host}:{target.port}" in hosts


def leads_inside(target: Target) -> bool:
    """Return whether the name alone tells of the inside of a network: an address of it, or a name only known there."""
    try:
        return is_blocked(ipaddress.ip_address(target.host))
    except ValueError:
        return "." not in target.host or target.host.endswith((".localhost", ".local", ".internal"))
