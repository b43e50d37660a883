"""The adapters of a function, each made at its first use from what the environment names.

Adapters are imported where they are made, so that a function pays only for those it touches.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from heddle.runtime.clients import client
from heddle.runtime.settings import Settings

if TYPE_CHECKING:
    from heddle.application.budgets.purse import BudgetPurse
    from heddle.application.execution.plans import Plans
    from heddle.application.execution.session import RunLog
    from heddle.application.ports.attempts import Claims, NodeCache
    from heddle.application.ports.blobs import BlobStore
    from heddle.application.ports.breakers import CircuitStore
    from heddle.application.ports.budgets import BudgetStore, SpendStore
    from heddle.application.ports.callbacks import CallbackStore
    from heddle.application.ports.catalog import CatalogStore
    from heddle.application.ports.dispatch import RunSlots
    from heddle.application.ports.events import EventStore
    from heddle.application.ports.idempotency import IdempotencyStore
    from heddle.application.ports.memory import ConversationMemory
    from heddle.application.ports.model_settings import ModelSettingsStore
    from heddle.application.ports.plugins import PluginFiles, PluginLog, PluginStore
    from heddle.application.ports.prompts import PromptStore
    from heddle.application.ports.secrets import Secrets
    from heddle.application.ports.task_letters import TaskLetterStore
    from heddle.application.ports.topics import TopicLog
    from heddle.application.ports.triggers import FiringLog, TriggerStore
    from heddle.application.ports.usage import Ledger
    from heddle.application.prompts.render_prompt import RenderPrompt
    from heddle.application.streams.token_stream import TokenStream
    from heddle.application.triggers.hook_secrets import HookSecrets
    from heddle.application.webhooks.secrets import WebhookSecrets
    from heddle.domain.nodes.spec import NodeTask


@dataclass(frozen=True, kw_only=True)
class StoreSettings(Settings):
    """Where the data of a stage lies."""

    event_table: str
    catalog_table: str
    runs_table: str
    payload_bucket: str
    spend_table: str = ""
    realtime_table: str = ""
    secret_prefix: str = "heddle/"
    hook_key_secret: str = ""
    plugin_key_secret: str = ""


class Stores:
    """The stores of one stage."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._kept_hook_key: bytes | None = None
        self._kept_plugin_key: bytes | None = None

    @cached_property
    def events(self) -> "EventStore":
        """The event store."""
        from heddle.adapters.aws.events import DynamoEventStore

        return DynamoEventStore(client("dynamodb"), self._settings.event_table, self.blobs)

    @cached_property
    def blobs(self) -> "BlobStore":
        """Large payloads and uploads. S3's client is made when the first byte is needed: most steps need none."""
        from heddle.runtime.lazy import LazyBlobStore

        return LazyBlobStore(self._settings.payload_bucket)

    @cached_property
    def catalog(self) -> "CatalogStore":
        """Workflows and versions."""
        from heddle.adapters.aws.catalog import DynamoCatalogStore

        return DynamoCatalogStore(client("dynamodb"), self._settings.catalog_table, self.blobs)

    @cached_property
    def plans(self) -> "Plans":
        """Compiled plans of versions."""
        from heddle.application.execution.plans import CatalogPlans

        return CatalogPlans(self.catalog)

    @cached_property
    def run_log(self) -> "RunLog":
        """Runs, to be decided on."""
        import time

        from heddle.application.execution.session import RunLog
        from heddle.runtime.clock import chance, now

        return RunLog(self.events, self.plans, now, chance, time.sleep)

    @cached_property
    def slots(self) -> "RunSlots":
        """Who of a tenant runs now."""
        from heddle.adapters.aws.slots import DynamoRunSlots

        return DynamoRunSlots(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def callbacks(self) -> "CallbackStore":
        """Who waits for the outside."""
        from heddle.adapters.aws.callbacks import DynamoCallbackStore

        return DynamoCallbackStore(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def claims(self) -> "Claims":
        """Who does what must not be done twice."""
        from heddle.adapters.aws.claims import DynamoClaims

        return DynamoClaims(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def cache(self) -> "NodeCache":
        """Outputs of cached nodes."""
        from heddle.adapters.aws.cache import DynamoNodeCache

        return DynamoNodeCache(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def idempotency(self) -> "IdempotencyStore":
        """Which run an Idempotency-Key stands for."""
        from heddle.adapters.aws.idempotency import DynamoIdempotencyStore

        return DynamoIdempotencyStore(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def model_settings(self) -> "ModelSettingsStore":
        """Tenants' providers, aliases and prices."""
        from heddle.adapters.aws.model_settings import DynamoModelSettingsStore

        return DynamoModelSettingsStore(client("dynamodb"), self._settings.catalog_table)

    @cached_property
    def circuits(self) -> "CircuitStore":
        """Circuit breakers of providers."""
        from heddle.adapters.aws.breakers import DynamoCircuitStore

        return DynamoCircuitStore(client("dynamodb"), self._settings.spend_table)

    @cached_property
    def secrets(self) -> "Secrets":
        """A tenant's secrets; the client is made when a node asks for one."""
        from heddle.runtime.lazy import LazySecrets

        return LazySecrets(self._settings.secret_prefix)

    @cached_property
    def topics(self) -> "TopicLog":
        """Live output."""
        from heddle.adapters.aws.topics import DynamoTopicLog

        return DynamoTopicLog(client("dynamodb", hasty=True), self._settings.realtime_table)

    def live_output(self, task: "NodeTask") -> "TokenStream | None":
        """Return where an attempt writes while it works; None unless its run asked for that."""
        import time

        from heddle.application.streams.token_stream import token_stream
        from heddle.runtime.clock import now

        return token_stream(task, lambda: self.topics, now=now, monotonic=time.monotonic)

    # prompts

    @cached_property
    def prompts(self) -> "PromptStore":
        """Prompts and their versions."""
        from heddle.adapters.aws.prompts import DynamoPromptStore

        return DynamoPromptStore(client("dynamodb"), self._settings.catalog_table)

    @cached_property
    def render_prompt(self) -> "RenderPrompt":
        """Renders registered prompts, for nodes."""
        import time

        from heddle.application.prompts.render_prompt import RenderPrompt
        from heddle.runtime.clock import now

        return RenderPrompt(self.prompts, now, time.monotonic)

    @cached_property
    def conversation_memory(self) -> "ConversationMemory":
        """What agents remember of earlier conversations."""
        from heddle.adapters.aws.conversation_memory import DynamoConversationMemory

        return DynamoConversationMemory(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def task_letters(self) -> "TaskLetterStore":
        """Dead letters of the task queue."""
        from heddle.adapters.aws.task_letters import DynamoTaskLetterStore

        return DynamoTaskLetterStore(client("dynamodb"), self._settings.runs_table)

    # triggers

    @cached_property
    def triggers(self) -> "TriggerStore":
        """What starts runs."""
        from heddle.adapters.aws.triggers import DynamoTriggerStore

        return DynamoTriggerStore(client("dynamodb"), self._settings.catalog_table)

    @cached_property
    def firings(self) -> "FiringLog":
        """What triggers did."""
        from heddle.adapters.aws.triggers import DynamoFiringLog

        return DynamoFiringLog(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def hook_secrets(self) -> "HookSecrets":
        """Secrets of webhooks, made from the stage's key: it is read when the first one is needed."""
        from heddle.application.triggers.hook_secrets import HookSecrets

        return HookSecrets(self._hook_key, self.secrets)

    def _hook_key(self) -> bytes:
        if self._kept_hook_key is None:
            reply = client("secretsmanager").get_secret_value(SecretId=self._settings.hook_key_secret)
            self._kept_hook_key = str(reply["SecretString"]).encode()
        return self._kept_hook_key

    @cached_property
    def webhook_secrets(self) -> "WebhookSecrets":
        """Secrets of the webhooks that we send, made from the same key."""
        from heddle.adapters.aws.webhooks import DynamoWebhookSecretStore
        from heddle.application.webhooks.secrets import WebhookSecrets
        from heddle.runtime.clock import now

        store = DynamoWebhookSecretStore(client("dynamodb"), self._settings.catalog_table)
        return WebhookSecrets(self._hook_key, store, now)

    # plugins

    @cached_property
    def plugins(self) -> "PluginStore":
        """Plugins and their versions."""
        from heddle.adapters.aws.plugins import DynamoPluginStore

        return DynamoPluginStore(client("dynamodb"), self._settings.catalog_table)

    @cached_property
    def plugin_log(self) -> "PluginLog":
        """Calls of plugins."""
        from heddle.adapters.aws.plugins import DynamoPluginLog

        return DynamoPluginLog(client("dynamodb"), self._settings.runs_table)

    @cached_property
    def plugin_files(self) -> "PluginFiles":
        """Modules and artefacts."""
        from heddle.adapters.aws.plugin_files import S3PluginFiles

        return S3PluginFiles(client("s3"), self._settings.payload_bucket)

    def plugin_key(self) -> bytes:
        """Return what artefacts of this stage are sealed with."""
        if self._kept_plugin_key is None:
            reply = client("secretsmanager").get_secret_value(SecretId=self._settings.plugin_key_secret)
            self._kept_plugin_key = str(reply["SecretString"]).encode()
        return self._kept_plugin_key

    # --- budgets and the ledger

    @cached_property
    def spend(self) -> "SpendStore":
        """Counters of budgets and calls."""
        from heddle.adapters.aws.spend import DynamoSpendStore

        return DynamoSpendStore(client("dynamodb"), self._settings.spend_table)

    @cached_property
    def budgets(self) -> "BudgetStore":
        """Budgets, alerts and kill switches."""
        from heddle.adapters.aws.budgets import DynamoBudgetStore

        return DynamoBudgetStore(client("dynamodb"), self._settings.spend_table)

    @cached_property
    def ledger(self) -> "Ledger":
        """What was used."""
        from heddle.adapters.aws.ledger import DynamoLedger

        return DynamoLedger(client("dynamodb"), self._settings.spend_table)

    @cached_property
    def purse(self) -> "BudgetPurse":
        """Budgets as a call meets them."""
        import time

        from heddle.application.budgets.purse import BudgetPurse
        from heddle.runtime.clock import chance, now

        return BudgetPurse(self.spend, self.budgets, self.events, now, chance, time.sleep)
