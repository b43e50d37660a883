"""AWS as the contract suites need it: tables and a bucket, in moto or in the emulator of a running stage."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import boto3
from botocore.config import Config
from moto import mock_aws

from heddle.adapters.aws.api_keys import DynamoApiKeyStore
from heddle.adapters.aws.batch_files import S3BatchFiles
from heddle.adapters.aws.batch_store import DynamoBatchStore
from heddle.adapters.aws.blobs import S3BlobStore
from heddle.adapters.aws.breakers import DynamoCircuitStore
from heddle.adapters.aws.budgets import DynamoBudgetStore
from heddle.adapters.aws.cache import DynamoNodeCache
from heddle.adapters.aws.callbacks import DynamoCallbackStore
from heddle.adapters.aws.catalog import DynamoCatalogStore
from heddle.adapters.aws.claims import DynamoClaims
from heddle.adapters.aws.connections import DynamoConnectionStore, DynamoSessionStore
from heddle.adapters.aws.conversation_memory import DynamoConversationMemory
from heddle.adapters.aws.events import DynamoEventStore
from heddle.adapters.aws.idempotency import DynamoIdempotencyStore
from heddle.adapters.aws.ledger import DynamoLedger
from heddle.adapters.aws.messages import DynamoMessageStore
from heddle.adapters.aws.model_settings import DynamoModelSettingsStore
from heddle.adapters.aws.notifications import DynamoNotificationStore
from heddle.adapters.aws.plugin_files import S3PluginFiles
from heddle.adapters.aws.plugins import DynamoPluginLog, DynamoPluginStore
from heddle.adapters.aws.presence import DynamoPresenceStore, DynamoTimers
from heddle.adapters.aws.prompts import DynamoPromptStore
from heddle.adapters.aws.rates import DynamoRateStore
from heddle.adapters.aws.rules import DynamoRuleStore
from heddle.adapters.aws.runs import DynamoRunStore
from heddle.adapters.aws.slots import DynamoRunSlots
from heddle.adapters.aws.spend import DynamoSpendStore
from heddle.adapters.aws.subscriptions import DynamoSubscriptionStore
from heddle.adapters.aws.task_letters import DynamoTaskLetterStore
from heddle.adapters.aws.topics import DynamoTopicLog
from heddle.adapters.aws.triggers import DynamoFiringLog, DynamoTriggerStore
from heddle.adapters.aws.webhooks import DynamoWebhookSecretStore
from heddle.adapters.memory.batches import MemoryBatchFiles, MemoryBatchStore
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.breakers import MemoryCircuitStore
from heddle.adapters.memory.cache import MemoryNodeCache
from heddle.adapters.memory.callbacks import MemoryCallbackStore
from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.adapters.memory.claims import MemoryClaims
from heddle.adapters.memory.conversation_memory import MemoryConversationMemory
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.idempotency import MemoryIdempotencyStore
from heddle.adapters.memory.identity import MemoryApiKeyStore
from heddle.adapters.memory.messages import MemoryMessageStore
from heddle.adapters.memory.model_settings import MemoryModelSettingsStore
from heddle.adapters.memory.notifications import MemoryNotificationStore
from heddle.adapters.memory.plugins import MemoryPluginFiles, MemoryPluginLog, MemoryPluginStore
from heddle.adapters.memory.presence import MemoryPresenceStore, MemoryTimers
from heddle.adapters.memory.prompts import MemoryPromptStore
from heddle.adapters.memory.rates import MemoryRateStore
from heddle.adapters.memory.realtime import MemoryConnectionStore, MemorySessionStore, MemorySubscriptionStore
from heddle.adapters.memory.rules import MemoryRuleStore
from heddle.adapters.memory.runs import MemoryRunStore
from heddle.adapters.memory.slots import MemoryRunSlots
from heddle.adapters.memory.spend import MemorySpend
from heddle.adapters.memory.task_letters import MemoryTaskLetterStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.adapters.memory.triggers import MemoryFiringLog, MemoryTriggerStore
from heddle.adapters.memory.webhooks import MemoryWebhookSecretStore

REGION = "eu-central-1"
EVENTS, CATALOG, RUNS, BUCKET = "events", "catalog", "runs", "payloads"
SPEND, REALTIME, CONNECTIONS, BATCHES = "spend", "realtime", "connections", "batches"
NAMES = {
    "events": EVENTS,
    "catalog": CATALOG,
    "runs": RUNS,
    "spend": SPEND,
    "realtime": REALTIME,
    "connections": CONNECTIONS,
    "batches": BATCHES,
    "payloads": BUCKET,
}


@dataclass(frozen=True)
class Stores:
    """One adapter of every port, all of the same kind."""

    kind: str
    events: Any
    blobs: Any
    catalog: Any
    runs: Any
    slots: Any
    callbacks: Any
    claims: Any
    cache: Any
    idempotency: Any
    api_keys: Any
    clients: Any = None
    # live output
    topics: Any = None
    connections: Any = None
    sessions: Any = None
    subscriptions: Any = None
    task_letters: Any = None
    # plugins
    plugins: Any = None
    plugin_log: Any = None
    plugin_files: Any = None
    # triggers
    triggers: Any = None
    firings: Any = None
    webhook_secrets: Any = None
    rates: Any = None
    # between people
    rules: Any = None
    messages: Any = None
    presence: Any = None
    timers: Any = None
    notifications: Any = None
    # budgets and the ledger
    spend: Any = None
    budgets: Any = None
    ledger: Any = None
    # prompts
    prompts: Any = None
    # agents
    memory: Any = None
    # models
    model_settings: Any = None
    circuits: Any = None
    # batches
    batches: Any = None
    batch_files: Any = None


def memory_stores() -> Stores:
    """Return the adapters in memory."""
    spend, blobs = MemorySpend(), MemoryBlobStore()
    return Stores(
        "memory",
        MemoryEventStore(),
        blobs,
        MemoryCatalogStore(),
        MemoryRunStore(),
        MemoryRunSlots(),
        MemoryCallbackStore(),
        MemoryClaims(),
        MemoryNodeCache(),
        MemoryIdempotencyStore(),
        MemoryApiKeyStore(),
        # live output
        topics=MemoryTopicLog(),
        connections=MemoryConnectionStore(),
        sessions=MemorySessionStore(),
        subscriptions=MemorySubscriptionStore(),
        task_letters=MemoryTaskLetterStore(),
        # plugins
        plugins=MemoryPluginStore(),
        plugin_log=MemoryPluginLog(),
        plugin_files=MemoryPluginFiles(),
        # triggers
        triggers=MemoryTriggerStore(),
        firings=MemoryFiringLog(),
        webhook_secrets=MemoryWebhookSecretStore(),
        rates=MemoryRateStore(),
        # between people
        rules=MemoryRuleStore(),
        messages=MemoryMessageStore(),
        presence=MemoryPresenceStore(),
        timers=MemoryTimers(),
        notifications=MemoryNotificationStore(),
        # budgets and the ledger
        spend=spend,
        budgets=spend,
        ledger=spend,
        # prompts
        prompts=MemoryPromptStore(),
        # agents
        memory=MemoryConversationMemory(),
        # models
        model_settings=MemoryModelSettingsStore(),
        circuits=MemoryCircuitStore(),
        # batches
        batches=MemoryBatchStore(),
        batch_files=MemoryBatchFiles(blobs),
    )


def aws_stores(kind: str, clients: Any, names: dict[str, str]) -> Stores:
    """Return the adapters on AWS; `clients(service)` gives the client, `names` the tables and the bucket."""
    dynamo = clients("dynamodb")
    blobs = S3BlobStore(clients("s3"), names["payloads"])
    return Stores(
        kind,
        DynamoEventStore(dynamo, names["events"], blobs),
        blobs,
        DynamoCatalogStore(dynamo, names["catalog"], blobs),
        DynamoRunStore(dynamo, names["runs"]),
        DynamoRunSlots(dynamo, names["runs"]),
        DynamoCallbackStore(dynamo, names["runs"]),
        DynamoClaims(dynamo, names["runs"]),
        DynamoNodeCache(dynamo, names["runs"]),
        DynamoIdempotencyStore(dynamo, names["runs"]),
        DynamoApiKeyStore(dynamo, names["catalog"]),
        clients,
        # budgets and the ledger
        spend=DynamoSpendStore(dynamo, names["spend"]),
        budgets=DynamoBudgetStore(dynamo, names["spend"]),
        ledger=DynamoLedger(dynamo, names["spend"]),
        # live output
        topics=DynamoTopicLog(dynamo, names["realtime"]),
        connections=DynamoConnectionStore(dynamo, names["connections"]),
        sessions=DynamoSessionStore(dynamo, names["connections"]),
        subscriptions=DynamoSubscriptionStore(dynamo, names["connections"], time.time, time.sleep),
        task_letters=DynamoTaskLetterStore(dynamo, names["runs"]),
        # plugins
        plugins=DynamoPluginStore(dynamo, names["catalog"]),
        plugin_log=DynamoPluginLog(dynamo, names["runs"]),
        plugin_files=S3PluginFiles(clients("s3"), names["payloads"]),
        # triggers
        triggers=DynamoTriggerStore(dynamo, names["catalog"]),
        firings=DynamoFiringLog(dynamo, names["runs"]),
        webhook_secrets=DynamoWebhookSecretStore(dynamo, names["catalog"]),
        rates=DynamoRateStore(dynamo, names["connections"]),
        # between people
        rules=DynamoRuleStore(dynamo, names["connections"]),
        messages=DynamoMessageStore(dynamo, names["connections"], time.time),
        presence=DynamoPresenceStore(dynamo, names["connections"]),
        timers=DynamoTimers(dynamo, names["connections"]),
        notifications=DynamoNotificationStore(dynamo, names["connections"], time.time),
        # prompts
        prompts=DynamoPromptStore(dynamo, names["catalog"]),
        # agents
        memory=DynamoConversationMemory(dynamo, names["runs"]),
        # models
        model_settings=DynamoModelSettingsStore(dynamo, names["catalog"]),
        circuits=DynamoCircuitStore(dynamo, names["spend"]),
        # batches
        batches=DynamoBatchStore(dynamo, names["batches"], lambda: datetime.now(UTC)),
        batch_files=S3BatchFiles(clients("s3"), names["payloads"]),
    )


@contextmanager
def moto_clients() -> Iterator[Any]:
    """Start moto with empty tables and bucket; yields a function that makes clients."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    # moto changes its tables without locks: calls go one at a time, the races between reads and writes remain.
    lock = threading.Lock()
    with patch.dict(os.environ, keys), mock_aws():

        def client(service: str) -> Any:
            config = Config(signature_version="s3v4") if service == "s3" else None
            made = boto3.client(service, region_name=REGION, config=config)  # type: ignore[call-overload]
            made._make_api_call = _one_at_a_time(lock, made._make_api_call)
            return made

        create_tables(client, NAMES)
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield client


def _one_at_a_time(lock: threading.Lock, operation: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        with lock:
            return operation(*arguments, **named)

    return call


def create_tables(clients: Any, names: dict[str, str], *, streams: bool = False) -> None:
    """Create the tables of a stage, under these names.

    Without streams in moto: it does not let them be read, and copies them whole for each transaction.
    """
    dynamo = clients("dynamodb")
    create_table(dynamo, names["events"], sort_key="N", indexes=0, stream=streams)
    create_table(dynamo, names["catalog"], sort_key="S", indexes=1)
    create_table(dynamo, names["runs"], sort_key="S", indexes=2)
    create_table(dynamo, names["spend"], sort_key="S", indexes=2)
    create_table(dynamo, names["realtime"], sort_key="N", indexes=0)
    create_table(dynamo, names["connections"], sort_key="S", indexes=1)
    create_table(dynamo, names["batches"], sort_key="S", indexes=1)


def create_table(dynamo: Any, name: str, *, sort_key: str, indexes: int, stream: bool = False) -> None:
    """Create a table of the stage's shape."""
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": sort_key}]
    secondary = []
    for number in range(1, indexes + 1):
        keys = [f"gsi{number}pk", f"gsi{number}sk"]
        attributes += [{"AttributeName": key, "AttributeType": "S"} for key in keys]
        schema = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)]
        secondary.append({"IndexName": f"gsi{number}", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}})
    dynamo.create_table(
        TableName=name,
        AttributeDefinitions=attributes,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": secondary} if secondary else {}),
        **({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}} if stream else {}),
    )


@contextmanager
def resources_of_their_own(clients: Any, prefix: str) -> Iterator[dict[str, str]]:
    """Create tables and a bucket below a prefix in a running stage, and delete them afterwards; yields their names."""
    names = {key: f"{prefix}-{name}" for key, name in NAMES.items()}
    dynamo, s3 = clients("dynamodb"), clients("s3")
    create_tables(clients, names, streams=True)
    s3.create_bucket(Bucket=names["payloads"])
    try:
        yield names
    finally:
        for key in ("events", "catalog", "runs", "spend", "realtime", "connections", "batches"):
            dynamo.delete_table(TableName=names[key])
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=names["payloads"]):
            for found in page.get("Contents", ()):
                s3.delete_object(Bucket=names["payloads"], Key=found["Key"])
        s3.delete_bucket(Bucket=names["payloads"])
