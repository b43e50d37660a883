"""What the API works with, and what it says of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from heddle.application.execution.plans import Plans
    from heddle.application.execution.session import RunLog
    from heddle.application.execution.step import Step, Work
    from heddle.application.identity.ports import ApiKeyStore, TokenIssuer
    from heddle.application.models.answer import AskModel, EmbedTexts
    from heddle.application.ports.batches import BatchFiles, BatchQueue, BatchStore
    from heddle.application.ports.blobs import BlobStore
    from heddle.application.ports.breakers import CircuitStore
    from heddle.application.ports.budgets import BudgetStore, SpendStore
    from heddle.application.ports.callbacks import CallbackStore, Waker
    from heddle.application.ports.catalog import CatalogStore
    from heddle.application.ports.dispatch import Orchestrator, RunSlots, TaskQueue
    from heddle.application.ports.documents import DocumentStore
    from heddle.application.ports.events import EventStore
    from heddle.application.ports.idempotency import IdempotencyStore
    from heddle.application.ports.ingests import Ingests, Reembeds
    from heddle.application.ports.limits import TenantLimits
    from heddle.application.ports.model_settings import ModelSettingsStore
    from heddle.application.ports.originals import Originals
    from heddle.application.ports.plugins import PluginFiles, PluginLog, PluginRunner, PluginStore, Sandbox
    from heddle.application.ports.prompts import PromptStore
    from heddle.application.ports.rates import RateStore
    from heddle.application.ports.rules import RuleStore
    from heddle.application.ports.runs import RunStore
    from heddle.application.ports.task_letters import TaskLetterStore
    from heddle.application.ports.topics import TopicLog
    from heddle.application.ports.triggers import FiringLog, Schedules, TriggerStore
    from heddle.application.ports.usage import Ledger
    from heddle.application.ports.webhooks import Deliveries
    from heddle.application.realtime.people import People
    from heddle.application.triggers.hook_secrets import HookSecrets
    from heddle.application.triggers.put_events import CustomEvents
    from heddle.application.webhooks.secrets import WebhookSecrets

HealthCheck = Callable[[], object]
"""Asks a dependency something small; whatever it raises means that the dependency is not well."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What the API says of itself. `cors_origins` empty: no other origin may read answers."""

    stage: str = "local"
    version: str = "0.0.0"
    cors_origins: tuple[str, ...] = ()
    default_provider: str = "extractive"
    allowed_hosts: tuple[str, ...] = ()


class Ports(Protocol):
    """The adapters that the API works with; production makes each at its first use."""

    @property
    def catalog(self) -> "CatalogStore": ...
    @property
    def events(self) -> "EventStore": ...
    @property
    def runs(self) -> "RunStore": ...
    @property
    def blobs(self) -> "BlobStore": ...
    @property
    def queue(self) -> "TaskQueue": ...
    @property
    def orchestrator(self) -> "Orchestrator": ...
    @property
    def callbacks(self) -> "CallbackStore": ...
    @property
    def waker(self) -> "Waker": ...
    @property
    def idempotency(self) -> "IdempotencyStore": ...
    @property
    def tokens(self) -> "TokenIssuer": ...
    @property
    def api_keys(self) -> "ApiKeyStore": ...
    @property
    def prompts(self) -> "PromptStore": ...
    @property
    def spend(self) -> "SpendStore": ...
    @property
    def budgets(self) -> "BudgetStore": ...
    @property
    def plans(self) -> "Plans": ...

    @property
    def task_letters(self) -> "TaskLetterStore": ...

    # limits
    @property
    def limits(self) -> "TenantLimits": ...
    @property
    def rates(self) -> "RateStore": ...
    @property
    def slots(self) -> "RunSlots": ...

    # triggers
    @property
    def triggers(self) -> "TriggerStore": ...
    @property
    def firings(self) -> "FiringLog": ...
    @property
    def schedules(self) -> "Schedules": ...
    @property
    def hook_secrets(self) -> "HookSecrets": ...
    @property
    def custom_events(self) -> "CustomEvents": ...

    # webhooks
    @property
    def deliveries(self) -> "Deliveries": ...
    @property
    def webhook_secrets(self) -> "WebhookSecrets": ...

    # plugins
    @property
    def plugins(self) -> "PluginStore": ...
    @property
    def plugin_log(self) -> "PluginLog": ...
    @property
    def plugin_files(self) -> "PluginFiles": ...
    @property
    def sandbox(self) -> "Sandbox": ...
    def plugin_key(self) -> bytes: ...
    @property
    def plugin_runner(self) -> "PluginRunner": ...

    # models
    @property
    def model_settings(self) -> "ModelSettingsStore": ...
    @property
    def circuits(self) -> "CircuitStore": ...

    @property
    def run_log(self) -> "RunLog": ...
    # usage and cost
    @property
    def ledger(self) -> "Ledger": ...
    # live output
    @property
    def topics(self) -> "TopicLog": ...
    # documents
    @property
    def documents(self) -> "DocumentStore": ...
    @property
    def originals(self) -> "Originals": ...
    @property
    def ingests(self) -> "Ingests": ...
    @property
    def reembeds(self) -> "Reembeds": ...
    @property
    def embed_texts(self) -> "EmbedTexts": ...
    # batches
    @property
    def batches(self) -> "BatchStore": ...
    @property
    def batch_files(self) -> "BatchFiles": ...
    @property
    def batch_queue(self) -> "BatchQueue": ...
    # people
    @property
    def people(self) -> "People": ...
    @property
    def rules(self) -> "RuleStore": ...
    @property
    def ask_model(self) -> "AskModel": ...
    @property
    def health_checks(self) -> Mapping[str, HealthCheck]: ...

    def step(self, work: "Work", seconds_left: float) -> "Step":
        """Do a work of an inline run in this process, as the functions of the engine do."""
        ...

    def payload_link(self, tenant: str, key: str) -> str | None:
        """Return a short-lived link to a payload, or None where the store has no links."""
        ...
