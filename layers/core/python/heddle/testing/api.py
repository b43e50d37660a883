"""The whole API in this process: HTTP-like calls go through the real authorizer and handler, over stores in memory.

stage = ApiStage()
ada = stage.user("ada", tenant="acme", roles=("editor",))
answer = ada.post("/workflows", {"name": …})
answer.status, answer.json
"""

import itertools
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

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
from heddle.adapters.memory.execution import MemoryOrchestrator
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
from heddle.application.identity.api_keys import CheckApiKey
from heddle.application.identity.authenticate import Authenticate
from heddle.application.identity.check_token import CheckToken
from heddle.application.models.answer import AskModel, EmbedTexts
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.plugins import PluginRunner, Sandbox
from heddle.application.ports.runs import NodeRecord, RunSummary
from heddle.application.ports.usage import Ledger
from heddle.application.projections.runs import node_of, project
from heddle.application.realtime.people import People
from heddle.application.realtime.publish import Publish
from heddle.application.triggers.hook_secrets import HookSecrets
from heddle.application.webhooks.secrets import WebhookSecrets
from heddle.domain.events.envelope import StreamId
from heddle.domain.nodes.cheap import ENGINE_RUNNERS
from heddle.runtime.api.app import Api
from heddle.runtime.api.ports import ApiSettings, HealthCheck
from heddle.runtime.api.routes.route import Route
from heddle.runtime.api.routes.table import BY_NAME, ROUTES
from heddle.runtime.api.services import Services
from heddle.runtime.authorizer import Unauthorized, authorize
from heddle.runtime.logging import logger
from heddle.testing.direct_models import DirectModels
from heddle.testing.plugins import DirectPlugins, sandbox

ISSUER = "https://issuer.test/pool"
CLIENT_ID = "test-client"
METHOD_ARN = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4/api"


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
class MemoryWaker:
    """A Waker that remembers whom it woke."""

    woken: list[str] = field(default_factory=list)

    def wake(self, token: str) -> None:
        self.woken.append(token)


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


@dataclass(frozen=True)
class ApiAnswer:
    """What came back. Header names are lower-cased."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class ApiStage:
    """A stage of its own: stores, user pool, authorizer, handler."""

    settings: ApiSettings = field(default_factory=lambda: ApiSettings(stage="test", version="0.1.0"))

    def __post_init__(self) -> None:
        logger()  # it writes to what standard output is at its first use: not to that of a command under test
        ids = itertools.count(1)
        self.ports = MemoryPorts(self.now)
        self.services = Services(
            ports=self.ports,
            settings=self.settings,
            now=self.now,
            new_id=lambda: f"01TEST{next(ids):020d}",
            new_secret=lambda: f"{random.getrandbits(256):064x}",
            sleep=lambda seconds: None,
            monotonic=time.monotonic,
        )
        self.api = Api(self.services)
        self.refused: list[dict[str, Any]] = []
        self.authenticate = Authenticate(
            CheckToken(self.ports.tokens, ISSUER, CLIENT_ID), CheckApiKey(self.ports.api_keys, self.now)
        )

    def now(self) -> datetime:
        """Return the stage's time: the real one, moved by what `pass_time` added."""
        return datetime.now(UTC) + self._passed

    _passed: timedelta = timedelta()

    def pass_time(self, delta: timedelta) -> None:
        """Move the stage's clock."""
        self._passed += delta

    def user(self, name: str, *, tenant: str, roles: tuple[str, ...] = ("viewer",)) -> "Caller":
        """Add a user and return a caller who is logged in."""
        self.ports.tokens.add_user(name, f"password of {name}", tenant=tenant, roles=roles)
        token = self.ports.tokens.login(name, f"password of {name}").access_token
        return Caller(self, {"Authorization": f"Bearer {token}"})

    def anyone(self, **headers: str) -> "Caller":
        """Return a caller with just these headers (`_` for `-`)."""
        return Caller(self, {name.replace("_", "-"): value for name, value in headers.items()})

    def project(self, tenant: str, run_id: str) -> None:
        """Bring the read model of a run up to its history, as the projection does behind the bus."""
        summary: RunSummary | None = None
        nodes: dict[str, NodeRecord] = {}
        for event in self.ports.events.read(StreamId(tenant, "run", run_id)).events:
            node_id = node_of(event)
            summary, node = project(summary, nodes.get(node_id or ""), event)
            if node is not None:
                nodes[node.node_id] = node
        assert summary is not None, "there is no such run"
        self.ports.runs.apply(
            summary, tuple(nodes.values()), expected_position=self.ports.runs.position(tenant, run_id)
        )

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: str | None) -> ApiAnswer:
        """Do what API Gateway does: authorise every route that is not public, then call the handler."""
        parts = urlsplit(path)
        event: dict[str, Any] = {
            "resource": "/{proxy+}",
            "path": parts.path,
            "httpMethod": method,
            "headers": dict(headers),
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)) or None,
            "multiValueQueryStringParameters": None,
            "pathParameters": {"proxy": parts.path.lstrip("/")},
            "requestContext": {"stage": "api", "httpMethod": method, "identity": {"sourceIp": "192.0.2.1"}},
            "body": body,
            "isBase64Encoded": False,
        }
        if not _public(method, parts.path):
            try:
                policy = authorize({**event, "methodArn": f"{METHOD_ARN}/{method}{parts.path}"}, self._check, self._log)
            except Unauthorized:
                return ApiAnswer(401, {"content-type": "application/json"}, '{"message":"Unauthorized"}')
            event["requestContext"]["authorizer"] = policy["context"]
        answer = self.api.handle(event, None)
        merged = {name.lower(): ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
        return ApiAnswer(answer["statusCode"], merged, answer["body"] or "")

    def _check(self, headers: Mapping[str, str]) -> Any:
        return self.authenticate(headers)

    def _log(self, message: str, **facts: Any) -> None:
        self.refused.append({"message": message, **facts})


@dataclass(frozen=True)
class Caller:
    """Someone who calls the API, always with the same headers."""

    stage: ApiStage
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """Call; a body that is not text is sent as JSON. Keyword names are header names with `_` for `-`."""
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.stage.send(method, path, headers={**self.headers, **named}, body=text)

    def get(self, path: str, **headers: str) -> ApiAnswer:
        """GET."""
        return self.call("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """POST."""
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """PUT."""
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """PATCH."""
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> ApiAnswer:
        """DELETE."""
        return self.call("DELETE", path, None, **headers)


def _public(method: str, path: str) -> bool:
    """Say whether the gateway lets this through without asking the authorizer: the public routes, and OPTIONS."""
    if method == "OPTIONS":
        return True
    bare = path.removeprefix("/api").removeprefix("/v1").rstrip("/") or "/"
    return any(route.method == method and _matches(route, bare) for route in ROUTES if route.role == "public")


def _matches(route: Route, path: str) -> bool:
    wanted, given = route.path.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == found for part, found in zip(wanted, given, strict=True)
    )


def route_path(name: str, **params: str) -> str:
    """Return the path of a route with its parameters filled in."""
    return BY_NAME[name].path.format(**params)
