"""Answers that were given before to exactly the same question: by tenant, off unless its settings say for how long.

What counts is everything that the provider sees, and how it is configured: model, conversation, tools, limits,
guardrail; deadline and correlation are not.
"""

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import orjson

from heddle.application.ports.attempts import NodeCache
from heddle.application.ports.models import Completion, CompletionRequest
from heddle.domain.models.resolve import Candidate
from heddle.errors import UpstreamUnavailable

_UNSEEN = ("timeout", "correlation_id")


@dataclass(frozen=True)
class ResponseCache:
    """Completions by what was asked, in the store that keeps outputs of cached nodes too."""

    store: NodeCache
    now: Callable[[], datetime]

    def get(self, tenant: str, candidate: Candidate, request: CompletionRequest) -> Completion | None:
        """Return the answer that was given before, if it is still kept and the store can say so."""
        try:
            found = self.store.get(tenant, _key(candidate, request), now=self.now())
        except UpstreamUnavailable:
            return None
        if found is None:
            return None
        values = found["completion"]
        values["citations"], values["tool_calls"] = tuple(values["citations"]), tuple(values["tool_calls"])
        return Completion(**values)

    def put(
        self, tenant: str, candidate: Candidate, request: CompletionRequest, completion: Completion, *, seconds: int
    ) -> None:
        """Keep the answer for so long; it is paid for already, so a store that does not take it does no harm."""
        value = {"completion": asdict(completion)}
        with suppress(UpstreamUnavailable):
            self.store.put(tenant, _key(candidate, request), value, expires_at=self.now() + timedelta(seconds=seconds))


def _key(candidate: Candidate, request: CompletionRequest) -> str:
    seen = {name: value for name, value in asdict(request).items() if name not in _UNSEEN}
    about = ["completion", asdict(candidate.provider), seen]
    digest = hashlib.sha256(orjson.dumps(about, option=orjson.OPT_SORT_KEYS)).digest()
    return "answer-" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
