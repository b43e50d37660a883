"""Asking models over a stage's stores: aliases, fallbacks, breakers, cache, budgets and ledger, wired."""

import os
import time

from heddle.adapters.models.connections import Connections
from heddle.adapters.models.keys import ProviderKeys
from heddle.adapters.models.tokenizer import exact_tokens
from heddle.application.models.ask_model import AskModels
from heddle.application.models.breakers import Breakers
from heddle.application.models.offers import Offers
from heddle.application.models.response_cache import ResponseCache
from heddle.application.streams.upstream import StreamWithRestarts
from heddle.runtime.clock import chance, new_id, now
from heddle.runtime.models import stage_providers
from heddle.runtime.stores import Stores


def ask_models_of(stores: Stores, default_provider: str) -> AskModels:
    """Return what asks models; `default_provider` answers for tenants that configured nothing."""
    return AskModels(
        offers=Offers(
            stores.model_settings, stage_providers(default_provider, os.environ), time.monotonic, exact_tokens
        ),
        connect=Connections(ProviderKeys(stores.secrets)),
        purse=stores.purse,
        breakers=Breakers(stores.circuits),
        cache=ResponseCache(stores.cache, now),
        stream=StreamWithRestarts(time.monotonic, time.sleep, chance),
        now=now,
        monotonic=time.monotonic,
        new_id=new_id,
    )
