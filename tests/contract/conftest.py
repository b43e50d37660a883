"""Every suite here runs against every adapter: memory and moto here, the local stage by tests/local/test_contracts.py.

A test that asks for `aws` or `aws_bus` is about AWS alone, and runs where there is an AWS.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.config import Config

from heddle.adapters.memory.documents import MemoryDocumentStore
from heddle.adapters.postgres.database import Database
from heddle.adapters.postgres.documents import PostgresDocumentStore
from heddle.application.ports.documents import DocumentStore
from tests.contract.aws import NAMES, REGION, Stores, aws_stores, memory_stores, moto_clients
from tests.contract.benches import (
    BusBench,
    ExecutionBench,
    Pool,
    SecretsBench,
    bus_in_memory,
    bus_on_aws,
    executions_in_memory,
    executions_on_aws,
    pool_in_memory,
    pool_on_aws,
    secrets_in_memory,
    secrets_on_aws,
)
from tests.contract.budgets import granting, setting, spending, switches  # noqa: F401 (fixtures of two suites)
from tests.contract.model_adapters import provider, server  # noqa: F401 (fixtures of the suites of models)
from tests.contract.tenants import stranger, tenant  # noqa: F401 (fixtures of all suites)
from tests.support.postgres import Server, running_server

KINDS = ["memory", "moto"]


@pytest.fixture(scope="module")
def aws() -> Iterator[Stores]:
    with moto_clients() as clients:
        yield aws_stores("moto", clients, NAMES)


@pytest.fixture(scope="module", params=KINDS)
def stores(request: pytest.FixtureRequest) -> Stores:
    made: Stores = memory_stores() if request.param == "memory" else request.getfixturevalue("aws")
    return made


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture(scope="module")
def database(postgres: Server) -> Iterator[Database]:
    with postgres.database() as url:
        made = Database(url)
        yield made
        made.close()


@pytest.fixture(params=["memory", "postgres"])
def documents(request: pytest.FixtureRequest) -> DocumentStore:
    if request.param == "memory":
        return MemoryDocumentStore()
    return PostgresDocumentStore(request.getfixturevalue("database"))


@pytest.fixture(params=KINDS)
def executions(request: pytest.FixtureRequest) -> Iterator[ExecutionBench]:
    with ExitStack() as stack:
        if request.param == "memory":
            yield executions_in_memory()
        else:
            yield stack.enter_context(executions_on_aws(request.getfixturevalue("aws").clients))


@pytest.fixture
def aws_bus(aws: Stores) -> Iterator[BusBench]:
    with bus_on_aws(aws.clients, nowhere, aws.blobs) as bench:
        yield bench


@pytest.fixture(params=KINDS)
def bus(request: pytest.FixtureRequest) -> BusBench:
    made: BusBench = bus_in_memory() if request.param == "memory" else request.getfixturevalue("aws_bus")
    return made


@pytest.fixture(params=KINDS)
def vault(request: pytest.FixtureRequest) -> SecretsBench:
    return secrets_in_memory() if request.param == "memory" else secrets_on_aws(request.getfixturevalue("aws").clients)


@pytest.fixture(params=KINDS)
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    with ExitStack() as stack:
        if request.param == "memory":
            yield pool_in_memory()
        else:
            yield stack.enter_context(pool_on_aws(request.getfixturevalue("aws").clients))


@pytest.fixture
def rotating_pool() -> Pool:
    """Return a pool that exchanges and revokes refresh tokens: moto plays neither call."""
    return pool_in_memory()


def nowhere(service: str) -> Any:
    """Return a client to a port where nobody listens."""
    config = Config(retries={"max_attempts": 0}, connect_timeout=1)
    return boto3.client(service, region_name=REGION, endpoint_url="http://127.0.0.1:9", config=config)  # type: ignore[call-overload]
