"""The steps of an ingest as Lambda calls them: what goes in, what comes out, and under which names errors leave."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from functions.content.embed_chunks import handler as embed_chunks
from functions.content.fail_document import handler as fail_document
from functions.content.migrate import handler as migrate
from functions.content.read_document import handler as read_document
from functions.content.reembed import handler as reembed
from functions.content.store_document import handler as store_document
from heddle.adapters.content.parse import parse
from heddle.application.documents.embed_chunks import EmbedChunks
from heddle.application.documents.read_original import ReadOriginal
from heddle.application.documents.reembed import ReembedStep
from heddle.application.documents.store_document import FailDocument, StoreDocument
from heddle.errors import UpstreamUnavailable
from heddle.runtime.clock import now
from heddle.runtime.database import DatabaseSettings, address, url_of
from heddle.runtime.errors import FatalNodeError, RetryableNodeError
from tests.support.ingesting import TENANT, Library
from tests.support.lambdas import Context, LogLines


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    store, originals, events = made.store, made.originals, made.events
    monkeypatch.setattr(read_document, "read_original", lambda: ReadOriginal(originals, parse, lambda: 30.0))
    monkeypatch.setattr(embed_chunks, "embed_chunks", lambda: EmbedChunks(originals, made.embed, made.new_id))
    monkeypatch.setattr(store_document, "store_document", lambda: StoreDocument(store, originals, events, now))
    monkeypatch.setattr(fail_document, "fail_document", lambda: FailDocument(store, originals, events, now))
    return made


def job(library: Library, text: str = "A heddle holds the warp.", **fields: Any) -> dict[str, Any]:
    library.add(text, **fields)
    (started,) = library.ingests.started.values()
    return {"job": json.loads(json.dumps(started.to_json()))}


def test_the_steps_make_a_document_ready_and_say_so_in_the_log(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, log = job(library), LogLines(monkeypatch)

    read = read_document.lambda_handler(event, Context())
    embedded = embed_chunks.lambda_handler(event, Context())
    stored = store_document.lambda_handler(event | {"embedded": embedded}, Context())

    lines = log.read()
    assert read == {"chunks": 1, "pages": None, "truncated": False}
    assert embedded["model"] == "extractive/hashed-1"
    assert stored == {"status": "ready", "version": 1}
    assert [line["message"] for line in lines] == ["ingest step"] * 3
    assert {line["tenant"] for line in lines} == {TENANT}
    assert {line["document"] for line in lines} == {event["job"]["document_id"]}


def test_what_cannot_be_read_leaves_as_fatal_and_is_noted(library: Library) -> None:
    event = job(library, "{", media_type="application/json")
    with pytest.raises(FatalNodeError) as caught:
        read_document.lambda_handler(event, Context())
    error = {"Error": "FatalNodeError", "Cause": json.dumps({"errorMessage": str(caught.value)})}

    noted = fail_document.lambda_handler(event | {"error": error}, Context())

    assert noted == {"status": "failed", "version": 1, "code": "document_corrupt", "expected": True}


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        ({"Error": "TypeError", "Cause": '{"errorMessage": "secret"}'}, "ingest_failed", False),
        ({"Error": "States.Timeout"}, "document_timeout", True),
        ({"Error": "RetryableNodeError", "Cause": "no json"}, "ingest_failed", False),
    ],
)
def test_of_what_nobody_foresaw_nothing_is_told(
    library: Library, error: dict[str, str], code: str, expected: bool
) -> None:
    event = job(library)

    noted = fail_document.lambda_handler(event | {"error": error}, Context())

    version = library.store.version(TENANT, event["job"]["document_id"], 1)
    assert (noted["code"], noted["expected"]) == (code, expected)
    assert version is not None
    assert version.error is not None
    assert "secret" not in version.error["message"]


def test_a_database_that_is_down_leaves_as_retryable(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    event = job(library)
    read_document.lambda_handler(event, Context())
    embedded = embed_chunks.lambda_handler(event, Context())

    def down(*_: Any, **__: Any) -> None:
        raise UpstreamUnavailable("no answer", code="database_unavailable")

    monkeypatch.setattr(library.store, "make_ready", down)

    with pytest.raises(RetryableNodeError, match="database_unavailable"):
        store_document.lambda_handler(event | {"embedded": embedded}, Context())


def test_vectors_are_made_by_steps(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.add("A heddle holds the warp.")
    library.ingest()
    library.begin_reembed()
    step = ReembedStep(library.store, library.embed, now, library.new_id, lambda: 0.0)
    monkeypatch.setattr(reembed, "reembed", lambda: step)
    (state,) = library.reembeds.started.values()

    answer = reembed.lambda_handler(dict(state), Context(seconds=900))

    assert answer["finished"]


def test_cloudformation_is_told_how_the_migration_went(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []

    class Answered:
        def __init__(self, request: Any, timeout: float) -> None:
            told.append(json.loads(request.data))

        def __enter__(self) -> "Answered":
            return self

        def __exit__(self, *_: object) -> None:
            return None

    monkeypatch.setattr("urllib.request.urlopen", Answered)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    request = {"ResponseURL": "https://x.example", "StackId": "s", "RequestId": "r", "LogicalResourceId": "Migrations"}

    migrate.lambda_handler(request | {"RequestType": "Delete", "PhysicalResourceId": "p"}, Context())
    with pytest.raises(Exception, match="connection"):
        migrate.lambda_handler(request | {"RequestType": "Create"}, Context())

    assert [(answer["Status"], answer["PhysicalResourceId"]) for answer in told] == [
        ("SUCCESS", "p"),
        ("FAILED", "heddle-migrations"),
    ]
    assert told[1]["Reason"]


@pytest.mark.parametrize(
    ("secret", "owner", "expected"),
    [
        ({"url": "postgresql://a", "owner_url": "postgresql://b"}, False, "postgresql://a"),
        ({"url": "postgresql://a", "owner_url": "postgresql://b"}, True, "postgresql://b"),
        ({"url": "postgresql://a"}, True, "postgresql://a"),
        (
            {"host": "h", "port": 5432, "username": "u", "password": "p@/:", "dbname": "d"},
            False,
            "postgresql://u:p%40%2F%3A@h:5432/d?sslmode=require",
        ),
    ],
)
def test_a_secret_is_an_address(secret: dict[str, Any], owner: bool, expected: str) -> None:
    assert address(secret, owner=owner) == expected


@pytest.fixture
def in_cluster() -> DatabaseSettings:
    return DatabaseSettings(
        database_host="db.example.org",
        database_user="heddle_functions",
        database_owner_secret="arn:of:rds",
    )


def test_functions_enter_the_cluster_with_a_token_of_their_role(
    in_cluster: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ACCESS_KEY_ID": "AKID", "SECRET_ACCESS_KEY": "s", "DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)

    url = urlsplit(url_of(in_cluster))

    assert (url.hostname, url.port, url.path, url.query) == ("db.example.org", 5432, "/heddle", "sslmode=require")
    assert url.username == "heddle_functions"
    assert "DBUser=heddle_functions" in unquote(url.password or "")
    assert "X-Amz-Signature=" in unquote(url.password or "")


def test_migrations_enter_the_cluster_as_its_owner(
    in_cluster: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Secrets:
        def get_secret_value(self, *, SecretId: str) -> dict[str, str]:
            assert SecretId == "arn:of:rds"
            return {"SecretString": '{"username": "heddle_owner", "password": "p@ss"}'}

    monkeypatch.setattr("heddle.runtime.clients.client", lambda service: Secrets())

    assert url_of(in_cluster, owner=True) == (
        "postgresql://heddle_owner:p%40ss@db.example.org:5432/heddle?sslmode=require"
    )
