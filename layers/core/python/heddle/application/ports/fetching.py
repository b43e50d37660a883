"""Reading from addresses outside."""

from typing import Protocol

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered with; `name` is as good as one for a file, `url` the address without its query."""

    data: bytes
    media_type: str
    name: str
    url: str


class Fetch(Protocol):
    """Reads from addresses outside, each of which is checked first."""

    def __call__(self, url: str, *, seconds: float, max_bytes: int, correlation_id: str) -> Fetched:
        """Return what is there.

        Raises NodeError: http_blocked_address, http_unreachable, http_timeout, http_status, document_not_found,
        document_too_large, and others of `GuardedClient.send`.
        """
        ...
