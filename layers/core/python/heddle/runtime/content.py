"""The use cases of documents over a stage's stores, so that each function wires what it needs."""

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heddle.adapters.aws.originals import S3Originals
from heddle.runtime.clients import client
from heddle.runtime.clock import new_id, now
from heddle.runtime.database import DatabaseSettings, database_of
from heddle.runtime.stores import Stores, StoreSettings

if TYPE_CHECKING:
    from heddle.adapters.postgres.documents import PostgresDocumentStore
    from heddle.application.documents.reembed import ReembedStep
    from heddle.application.documents.store_document import FailDocument, StoreDocument
    from heddle.application.models.embed_texts import EmbedModels


@dataclass(frozen=True, kw_only=True)
class EmbeddingSettings(StoreSettings):
    """The environment of a function that embeds: who does it where a tenant has no alias `embed`."""

    default_provider: str = "extractive"


@dataclass(frozen=True, kw_only=True)
class StoringSettings(DatabaseSettings):
    """The environment of the last steps of an ingest."""

    event_table: str = ""
    payload_bucket: str = ""


@dataclass(frozen=True, kw_only=True)
class ReembedSettings(EmbeddingSettings, DatabaseSettings):
    """The environment of the function that makes vectors anew."""


def originals_of(bucket: str) -> S3Originals:
    """Return the files of documents."""
    return S3Originals(client("s3"), bucket)


def document_store_of(settings: DatabaseSettings) -> "PostgresDocumentStore":
    """Return the documents' store."""
    from heddle.adapters.postgres.documents import PostgresDocumentStore

    return PostgresDocumentStore(database_of(settings))


def embed_texts_of(stores: Stores, default_provider: str) -> "EmbedModels":
    """Return what embeds under budgets."""
    from heddle.adapters.models.connections import Connections
    from heddle.adapters.models.keys import ProviderKeys
    from heddle.adapters.models.tokenizer import exact_tokens
    from heddle.application.models.breakers import Breakers
    from heddle.application.models.embed_texts import EmbedModels
    from heddle.application.models.offers import Offers
    from heddle.runtime.models import stage_providers

    return EmbedModels(
        offers=Offers(
            stores.model_settings, stage_providers(default_provider, os.environ), time.monotonic, exact_tokens
        ),
        connect=Connections(ProviderKeys(stores.secrets)).embeddings,
        purse=stores.purse,
        breakers=Breakers(stores.circuits),
        now=now,
        monotonic=time.monotonic,
        new_id=new_id,
    )


def store_document_of(settings: StoringSettings) -> "StoreDocument":
    """Wire StoreDocument."""
    from heddle.adapters.aws.events import DynamoEventStore
    from heddle.application.documents.store_document import StoreDocument
    from heddle.runtime.lazy import LazyBlobStore

    events = DynamoEventStore(client("dynamodb"), settings.event_table, LazyBlobStore(settings.payload_bucket))
    return StoreDocument(document_store_of(settings), originals_of(settings.payload_bucket), events, now)


def fail_document_of(settings: StoringSettings) -> "FailDocument":
    """Wire FailDocument."""
    from heddle.adapters.aws.events import DynamoEventStore
    from heddle.application.documents.store_document import FailDocument
    from heddle.runtime.lazy import LazyBlobStore

    events = DynamoEventStore(client("dynamodb"), settings.event_table, LazyBlobStore(settings.payload_bucket))
    return FailDocument(document_store_of(settings), originals_of(settings.payload_bucket), events, now)


def reembed_of(settings: ReembedSettings) -> "ReembedStep":
    """Wire ReembedStep."""
    from heddle.application.documents.reembed import ReembedStep

    embed = embed_texts_of(Stores(settings), settings.default_provider)
    return ReembedStep(document_store_of(settings), embed, now, new_id, time.monotonic)
