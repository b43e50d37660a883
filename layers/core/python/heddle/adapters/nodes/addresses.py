"""Where a workflow may connect to: the guard against requests forged to the inside of a network (SSRF).

    URL ── taken apart, strictly ──► host, port ── resolved once ──► addresses ── all public? ──► connect to these
           (domain/addresses.py)        └────── on the stage's list of allowed hosts? ─────────────────┘

Nothing resolves the name a second time, so a name that changes its address after the check gains nothing.
"""

import ipaddress
import socket
import threading
from collections.abc import Iterable

from heddle.domain.addresses import Target, allowed_among, blocked, is_blocked
from heddle.errors import NodeError


class AddressGuard:
    """Resolves a target once and gives the addresses that may be connected to."""

    def __init__(self, allowed: str | Iterable[str] = "") -> None:
        """Take the hosts that may lead anywhere: `host` (any port) or `host:port`, as a list or parted by commas."""
        entries = allowed.split(",") if isinstance(allowed, str) else allowed
        self._allowed = frozenset(entry.strip().lower() for entry in entries if entry.strip())

    def addresses(self, target: Target, *, timeout: float) -> list[str]:
        """Return the target's addresses, at least one.

        Raises NodeError `http_blocked_address` if any of them is not public (a name with one public and one private
        address is an attack, not a choice) and the stage does not allow the host, `http_unreachable` if there are
        none, and `http_timeout`.
        """
        addresses = _resolve(target, timeout)
        if not allowed_among(target, self._allowed):
            for address in addresses:
                if "%" in address or is_blocked(ipaddress.ip_address(address)):
                    raise blocked(target.host)
        return addresses


def _resolve(target: Target, timeout: float) -> list[str]:
    """Ask the resolver, which knows no deadline, from a thread that may be left behind."""
    answers: list[list[str] | OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            answers.append(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, timeout))
    if not answers:
        raise NodeError(
            f"{target.host} was not resolved in time", code="http_timeout", retryable=True, host=target.host
        )
    answer = answers[0]
    if isinstance(answer, Exception) or not answer:
        raise NodeError(f"{target.host} is not known", code="http_unreachable", retryable=True, host=target.host)
    return answer
