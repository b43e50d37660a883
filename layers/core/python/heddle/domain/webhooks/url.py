"""Where a tenant may have webhooks sent: to the outside, encrypted, without a password in the address."""

from collections.abc import Collection

from heddle.domain.addresses import allowed_among, leads_inside, parse_target
from heddle.errors import InvalidInput, NodeError

MAX_LENGTH = 2048


def check_url(field: str, url: str, *, allowed: Collection[str] = ()) -> None:
    """Raise InvalidInput `invalid_webhook_url`, naming the field, unless webhooks may be sent there.

    `allowed` are hosts that the stage lets be called whatever their address, `host` or `host:port`; those may have
    plain http. A public name may still lead inside: whoever delivers looks at its addresses.
    """
    reason = _refused(url, {host.lower() for host in allowed})
    if reason is not None:
        raise InvalidInput(
            f"{field} {reason}", code="invalid_webhook_url", errors=[{"field": field, "message": reason}]
        )


def _refused(url: str, allowed: Collection[str]) -> str | None:
    if len(url) > MAX_LENGTH:
        return f"has more than {MAX_LENGTH} characters"
    try:
        target = parse_target(url)
    except NodeError as error:
        return str(error.details.get("reason") or error.message)
    if allowed_among(target, allowed):
        return None
    if target.scheme != "https":
        return "must begin with https://"
    return "leads inside a network, to a host that this stage does not allow" if leads_inside(target) else None
