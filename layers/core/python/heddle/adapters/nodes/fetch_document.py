"""Fetching a document from an address that was checked."""

from urllib.parse import unquote

from heddle.adapters.nodes.fetch import GuardedClient, Request
from heddle.application.ports.fetching import Fetched
from heddle.errors import NodeError
from heddle.records import dataclass

_ACCEPT = "text/html, application/pdf, text/markdown, application/json, application/xml, text/*, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class FetchDocument:
    """A Fetch by a guarded client."""

    client: GuardedClient

    def __call__(self, url: str, *, seconds: float, max_bytes: int, correlation_id: str) -> Fetched:
        headers = {"User-Agent": "Heddle/0.1", "Accept": _ACCEPT, "X-Correlation-ID": correlation_id}
        try:
            answer = self.client.send(Request(url, headers=headers), timeout=seconds, max_bytes=max_bytes)
        except NodeError as error:
            if error.code == "http_too_large":
                raise NodeError(error.message, code="document_too_large", max_bytes=max_bytes) from error
            raise
        if answer.status in (404, 410):
            raise NodeError(f"{answer.url} answered {answer.status}", code="document_not_found", status=answer.status)
        if not 200 <= answer.status < 300:
            retryable = answer.status in (408, 425, 429) or answer.status >= 500
            message = f"{answer.url} answered {answer.status}"
            raise NodeError(message, code="http_status", retryable=retryable, status=answer.status, url=answer.url)
        return Fetched(answer.body, answer.headers.get("content-type", ""), unquote(answer.url), answer.url)
