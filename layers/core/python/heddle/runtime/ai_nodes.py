"""The runners of all node types that ask models, wired for a function that hosts them.

Every model function has all of them; they differ in the SDK that their handler imports when it starts.
"""

import os
import time
from dataclasses import dataclass

from heddle.adapters.models.connections import Connections
from heddle.adapters.models.keys import ProviderKeys
from heddle.adapters.models.tokenizer import exact_tokens
from heddle.adapters.nodes.ai.runners import ai_runners
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.http import HttpNode
from heddle.application.models.breakers import Breakers
from heddle.application.models.embed_texts import EmbedModels
from heddle.application.models.offers import Offers
from heddle.application.runs.request_run import RequestRun
from heddle.application.workflows.check_input import check_input
from heddle.domain.nodes.spec import NodeRunner
from heddle.runtime.asking import ask_models_of
from heddle.runtime.clock import new_id, now
from heddle.runtime.models import stage_providers
from heddle.runtime.stores import Stores
from heddle.runtime.strands import StrandSettings
from heddle.runtime.task_queue import QueueSettings, task_queue_of


@dataclass(frozen=True, kw_only=True)
class ModelFunctionSettings(StrandSettings, QueueSettings):
    """The environment of a model function: who answers by default, where runs are asked for, whom http may reach."""

    default_provider: str = "extractive"
    http_allowed_hosts: str = ""


def ai_runners_of(settings: ModelFunctionSettings, stores: Stores) -> dict[str, NodeRunner]:
    """Return node type to runner over the stage's stores."""
    offers = Offers(
        stores.model_settings, stage_providers(settings.default_provider, os.environ), time.monotonic, exact_tokens
    )
    connections = Connections(ProviderKeys(stores.secrets))
    breakers = Breakers(stores.circuits)
    embed = EmbedModels(
        offers=offers,
        connect=connections.embeddings,
        purse=stores.purse,
        breakers=breakers,
        now=now,
        monotonic=time.monotonic,
        new_id=new_id,
    )
    return ai_runners(
        ask=ask_models_of(stores, settings.default_provider),
        embed=embed,
        events=stores.events,
        blobs=stores.blobs,
        claims=stores.claims,
        memory=stores.conversation_memory,
        http=HttpNode(GuardedClient(allowed=settings.http_allowed_hosts)),
        now=now,
        new_id=new_id,
        request=_request_run(settings, stores),
        prompts=stores.render_prompt,
        streams=stores.live_output,
    )


def _request_run(settings: ModelFunctionSettings, stores: Stores) -> RequestRun:
    return RequestRun(
        catalog=stores.catalog,
        events=stores.events,
        blobs=stores.blobs,
        idempotency=stores.idempotency,
        queue=task_queue_of(settings),
        validate_input=check_input,
        new_id=new_id,
        now=now,
    )
