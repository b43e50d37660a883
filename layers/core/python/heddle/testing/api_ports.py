"""The ports of the API in memory, for a whole API in one process: api.py."""

import itertools
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from heddle.adapters.memory.batches import MemoryBatchFiles, MemoryBatchQueue, MemoryBatchStore
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.breakers import MemoryCircuitStore
from heddle.adapters.memory.cache import MemoryNodeCache
from heddle.adapters.memory.callbacks import MemoryCallbackStore
from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.adapters.memory.claims import MemoryClaims
from heddle.adapters.memory.custom_events import MemoryCustomEvents
from heddle.adapters.memory.documents import MemoryDocumentStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.execution import MemoryOrchestrator, MemoryWaker
from heddle.adapters.memory.idempotency import MemoryIdempotencyStore
from heddle.adapters.memory.identity import MemoryApiKeyStore, MemoryUserPool
from heddle.adapters.memory.ingests import MemoryIngests, MemoryReembeds
from heddle.adapters.memory.limits import MemoryTenantLimits
from heddle.adapters.memory.messages import MemoryMessageStore
from heddle.adapters.memory.model_settings import MemoryModelSettingsStore
from heddle.adapters.memory.notifications import MemoryNotificationStore
from heddle.adapters.memory.originals import MemoryOriginals
from heddle.adapters.memory.plugins import MemoryPluginFiles, MemoryPluginLog, MemoryPluginStore
from heddle.adapters.memory.presence import MemoryPresenceStore, MemoryTimers
from heddle.adapters.memory.prompts import MemoryPromptStore
from heddle.adapters.memory.rates import MemoryRateStore
from heddle.adapters.memory.realtime import MemoryConnectionStore, MemorySubscriptionStore
from heddle.adapters.memory.rules import MemoryRuleStore
from heddle.adapters.memory.runs import MemoryRunStore
from heddle.adapters.memory.secrets import MemorySecrets
from heddle.adapters.memory.slots import MemoryRunSlots
from heddle.adapters.memory.spend import MemorySpend
from heddle.adapters.memory.task_letters import MemoryTaskLetterStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.adapters.memory.triggers import MemoryFiringLog, MemorySchedules, MemoryTriggerStore
from heddle.adapters.memory.webhooks import MemoryDeliveries, MemoryWebhookSecretStore
from heddle.application.execution.plans import CatalogPlans
from heddle.application.execution.session import RunLog
from heddle.application.execution.step import RunRef, Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.application.models.answer import AskModel, EmbedTexts
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.plugins import PluginRunner, Sandbox
from heddle.application.ports.usage import Ledger
from heddle.application.realtime.people import People
from heddle.application.realtime.publish import Publish
from heddle.application.triggers.hook_secrets import HookSecrets
from heddle.application.webhooks.secrets import WebhookSecrets
from heddle.domain.nodes.cheap import ENGINE_RUNNERS
from heddle.runtime.api.ports import HealthCheck
from heddle.testing.direct_models import DirectModels
from heddle.testing.plugins import DirectPlugins, sandbox

ISSUER = "https://issuer.test/pool"
CLIENT_ID = "test-client"


@cache
def _signing_key() -> rsa.RSAPrivateKey:
    """Return one key for all stages of a process: making one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class MemoryQueue:
    """A TaskQueue that remembers what was sent, with which priority each run was sent last, and what was sent again."""

    sent: list[tuple[RunRef, str, int]] = field(default_factory=list)
    priorities: dict[str, str] = field(default_factory=dict)
    again: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)

    def send(self, run: RunRef, *, reason: str, delay_seconds: int = 0, priority: str = "normal") -> None:
        self.priorities[run["id"]] = priority
        self.sent.append((run, reason, delay_seconds))

    def send_again(self, tenant: str, message: Mapping[str, Any], *, priority: str = "normal") -> None:
        self.again.append((tenant, message, priority))


@dataclass
class MemoryPorts:
    """The API's ports, in memory. `ill` names dependencies whose health check fails."""

    now: Any
    catalog: MemoryCatalogStore = field(default_factory=MemoryCatalogStore)
    events: MemoryEventStore = field(default_factory=MemoryEventStore)
    runs: MemoryRunStore = field(default_factory=MemoryRunStore)
    blobs: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    orchestrator: MemoryOrchestrator = field(default_factory=MemoryOrchestrator)
    callbacks: MemoryCallbackStore = field(default_factory=MemoryCallbackStore)
    waker: MemoryWaker = field(default_factory=MemoryWaker)
    idempotency: MemoryIdempotencyStore = field(default_factory=MemoryIdempotencyStore)
    api_keys: MemoryApiKeyStore = field(default_factory=MemoryApiKeyStore)
    # live output
    topics: MemoryTopicLog = field(default_factory=MemoryTopicLog)
    # people
    rules: MemoryRuleStore = field(default_factory=MemoryRuleStore)
    spend: MemorySpend = field(default_factory=MemorySpend)
    prompts: MemoryPromptStore = field(default_factory=MemoryPromptStore)
    ill: set[str] = field(default_factory=set)
    task_letters: MemoryTaskLetterStore = field(default_factory=MemoryTaskLetterStore)
    # limits
    limits: MemoryTenantLimits = field(default_factory=MemoryTenantLimits)
    rates: MemoryRateStore = field(default_factory=MemoryRateStore)
    slots: MemoryRunSlots = field(default_factory=MemoryRunSlots)
    # triggers
    triggers: MemoryTriggerStore = field(default_factory=MemoryTriggerStore)
    firings: MemoryFiringLog = field(default_factory=MemoryFiringLog)
    schedules: MemorySchedules = field(default_factory=MemorySchedules)
    custom_events: MemoryCustomEvents = field(default_factory=MemoryCustomEvents)
    hook_secrets: HookSecrets = field(default_factory=lambda: HookSecrets(lambda: b"the stage's key", MemorySecrets()))
    # webhooks
    deliveries: MemoryDeliveries = field(default_factory=MemoryDeliveries)
    # plugins
    direct_plugins: DirectPlugins = field(default_factory=DirectPlugins)
    # models
    model_settings: MemoryModelSettingsStore = field(default_factory=MemoryModelSettingsStore)
    circuits: MemoryCircuitStore = field(default_factory=MemoryCircuitStore)
    # documents
    documents: DocumentStore = field(default_factory=MemoryDocumentStore)
    ingests: MemoryIngests = field(default_factory=MemoryIngests)
    reembeds: MemoryReembeds = field(default_factory=MemoryReembeds)
    embed_texts: EmbedTexts = field(default_factory=lambda: DirectModels().embed)
    # batches
    batches: MemoryBatchStore = field(default_factory=MemoryBatchStore)
    batch_queue: MemoryBatchQueue = field(default_factory=MemoryBatchQueue)
    # analyses
    ask_model: AskModel = field(default_factory=lambda: DirectModels().ask)

    @cached_property
    def webhook_secrets(self) -> WebhookSecrets:
        """Secrets of the webhooks that we send."""
        return WebhookSecrets(lambda: b"the stage's key", MemoryWebhookSecretStore(), self.now)

    @property
    def plugins(self) -> MemoryPluginStore:
        """Plugins and their versions."""
        return self.direct_plugins.store

    @property
    def plugin_log(self) -> MemoryPluginLog:
        """Calls of plugins."""
        return self.direct_plugins.log

    @property
    def plugin_files(self) -> MemoryPluginFiles:
        """Modules and artefacts."""
        return self.direct_plugins.files

    @property
    def sandbox(self) -> Sandbox:
        """The real one."""
        return sandbox()

    @property
    def plugin_runner(self) -> PluginRunner:
        """What runs plugins, in this process."""
        return self.direct_plugins.runner

    def plugin_key(self) -> bytes:
        """Return what artefacts are sealed with."""
        return self.direct_plugins.load.key()

    @cached_property
    def batch_files(self) -> MemoryBatchFiles:
        """Files of batches, beside the uploads."""
        return MemoryBatchFiles(self.blobs)

    @cached_property
    def originals(self) -> MemoryOriginals:
        """Files of documents, beside the uploads."""
        return MemoryOriginals(self.blobs)

    @cached_property
    def tokens(self) -> MemoryUserPool:
        """The user pool."""
        return MemoryUserPool(ISSUER, CLIENT_ID, self.now, private_key=_signing_key())

    @cached_property
    def people(self) -> People:
        """Messages, presence, notifications."""
        ids = itertools.count(1)
        publish = Publish(self.topics, MemorySubscriptionStore(), lambda: f"id{next(ids):06d}", self.now)
        return People(
            publish,
            connections=MemoryConnectionStore(),
            rules=self.rules,
            messages=MemoryMessageStore(),
            presence=MemoryPresenceStore(),
            notifications=MemoryNotificationStore(),
            timers=MemoryTimers(),
            rates=MemoryRateStore(),
        )

    @cached_property
    def runner(self) -> StrandRunner:
        """The kernel, with the cheap node types only."""
        return StrandRunner(
            store=self.events,
            blobs=self.blobs,
            plans=self.plans,
            engine_runners=ENGINE_RUNNERS,
            runners={},
            hosted=frozenset(),
            cache=MemoryNodeCache(),
            claims=MemoryClaims(),
            secrets=MemorySecrets(),
            now=self.now,
            monotonic=time.monotonic,
            sleep=lambda seconds: None,
            chance=random.random,
            new_id=lambda: f"{random.getrandbits(64):016x}",
        )

    @cached_property
    def plans(self) -> CatalogPlans:
        """Compiled plans, from the catalogue."""
        return CatalogPlans(self.catalog)

    @property
    def budgets(self) -> MemorySpend:
        """Budgets, alerts and kill switches: kept beside the counters."""
        return self.spend

    @cached_property
    def ledger(self) -> Ledger:
        """What was used: kept beside the counters too, unless a test puts its own in place of it."""
        return self.spend

    @property
    def run_log(self) -> RunLog:
        """Runs, to be decided on."""
        return self.runner.log

    def step(self, work: Work, seconds_left: float) -> Step:
        """Do a work in this process."""
        return self.runner.step(work, seconds_left)

    def payload_link(self, tenant: str, key: str) -> str | None:
        """Return what stands for a presigned link."""
        return f"memory:{key}"

    @property
    def health_checks(self) -> Mapping[str, HealthCheck]:
        """One check per dependency of production."""

        def check(name: str) -> HealthCheck:
            def ask() -> None:
                if name in self.ill:
                    raise ConnectionError(f"{name} at 10.0.0.7 refused")

            return ask

        names = ("event_store", "catalog", "runs", "bucket", "queue", "state_machine", "bus", "user_pool")
        return {name: check(name) for name in names}
