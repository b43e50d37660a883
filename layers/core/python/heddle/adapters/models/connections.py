"""The providers of tenants, connected: each made once per tenant, configuration and key, and kept for a while."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from heddle.adapters.models.keys import ProviderKeys
from heddle.adapters.models.registry import embedding_provider_for, provider_for
from heddle.application.ports.models import EmbeddingProvider, ModelProvider
from heddle.domain.models.resolve import Candidate
from heddle.domain.models.settings import ProviderConfig

MOST_KEPT = 50
"""A client keeps connections open; the one that was not asked for longest goes where there are more."""


@dataclass(frozen=True)
class Connections:
    """Connects candidates. A rotated key makes a new connection as soon as `keys` gives it."""

    keys: ProviderKeys
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    _kept: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, tenant: str, candidate: Candidate) -> ModelProvider:
        """Return the provider to ask; NodeError llm_auth without a key, llm_bad_request for an address not allowed."""
        provider: ModelProvider = self._made(tenant, candidate.provider, provider_for)
        return provider

    def embeddings(self, tenant: str, candidate: Candidate) -> EmbeddingProvider:
        """Return what embeds; raises the same."""
        provider: EmbeddingProvider = self._made(tenant, candidate.provider, embedding_provider_for)
        return provider

    def _made(self, tenant: str, config: ProviderConfig, make: Callable[..., Any]) -> Any:
        key = self.keys.of(tenant, config)
        # Two tenants with the same key and address may share a connection; the key tells everybody else apart.
        name = (make, repr(config), key)
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        made = make(config, key, self.environ)
        with self._lock:
            self._kept[name] = made
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made
