"""Which hosts an agent's http tool may call: the author says so, whatever arguments the model gives. Pure."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_FIXED = re.compile(r"(https?://[^/?#{}\s@\\]+)[/?#]", re.IGNORECASE)


def fixed_host(template: str) -> str | None:
    """Return the host (with its port, if it names one) that a URL template begins with; None if it is filled in."""
    found = _FIXED.match(template.strip())
    return host_of(found[1]) if found else None


def host_of(url: str) -> str | None:
    """Return the host of a URL in lower case, with its port if it names one; None if there is no telling."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "\\" in url:
        return None
    return parts.hostname if port is None else f"{parts.hostname}:{port}"


def allowed(url: str, hosts: Sequence[str]) -> bool:
    """Tell whether a URL is on one of the hosts; `*.example.com` stands for every host below that one."""
    host = host_of(url)
    if host is None:
        return False
    for pattern in hosts:
        wanted = pattern.strip().lower()
        if host == wanted or (wanted.startswith("*.") and host.endswith(wanted[1:])):
            return True
    return False
