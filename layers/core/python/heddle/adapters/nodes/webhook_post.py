"""Sending webhooks: one guarded exchange each, without redirects, of whose answer only the status matters."""

from collections.abc import Mapping

from heddle.adapters.nodes.fetch import GuardedClient, Request
from heddle.adapters.nodes.http import USER_AGENT, retry_after
from heddle.application.ports.webhooks import Receipt
from heddle.errors import NodeError
from heddle.records import dataclass

SECONDS = 15.0
MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class GuardedPost:
    """A WebhookPost."""

    client: GuardedClient

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        sent = {
            "User-Agent": USER_AGENT,
            "Content-Type": "application/json; charset=utf-8",
            "Accept-Encoding": "identity",
            **headers,
        }
        request = Request(url, "POST", sent, body)
        try:
            answer = self.client.send(request, timeout=SECONDS, max_bytes=MAX_ANSWER_BYTES, follow_redirects=0)
        except NodeError as error:
            # Whoever answers at length has answered: the status came before the rest.
            if error.code == "http_too_large":
                return Receipt(int(error.details["status"]))
            raise
        return Receipt(answer.status, retry_after(answer.headers))
