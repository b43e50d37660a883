"""The contract suites of stores and ports once more, against the emulator of the local stage.

The tests are those of tests/contract; here are only the fixtures that they ask for. Tables, bucket, queues, bus and
users are their own: nothing that the stage has deployed is touched.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from heddle_cli.stage import aws as emulator
from tests.contract import (
    event_stream,
    test_abandoned_calls,
    test_batch_store,
    test_budget_use_cases,
    test_catalog_store,
    test_changing_budgets,
    test_conversation_memory,
    test_dead_letters,
    test_event_bus,
    test_event_store,
    test_execution_ports,
    test_model_stores,
    test_people_stores,
    test_prompt_store,
    test_purse,
    test_realtime_stores,
    test_run_store,
    test_secrets,
    test_small_stores,
    test_token_issuer,
    test_topics,
    test_trigger_store,
    test_usage_reports,
    test_webhook_secrets,
)
from tests.contract.aws import Stores, aws_stores, resources_of_their_own
from tests.contract.benches import (
    BusBench,
    Clients,
    ExecutionBench,
    Pool,
    SecretsBench,
    bus_on_aws,
    executions_on_aws,
    pool_on_aws,
    secrets_on_aws,
)
from tests.contract.budgets import granting, setting, spending, switches  # noqa: F401 (fixtures of two suites)
from tests.contract.tenants import stranger, tenant  # noqa: F401 (fixtures of all suites)
from tests.contract.test_run_store import small_transactions  # noqa: F401 (a fixture of that suite)
from tests.local.conftest import Cli

SUITES = (
    event_stream,
    test_abandoned_calls,
    test_batch_store,
    test_budget_use_cases,
    test_catalog_store,
    test_changing_budgets,
    test_conversation_memory,
    test_dead_letters,
    test_event_bus,
    test_event_store,
    test_execution_ports,
    test_model_stores,
    test_prompt_store,
    test_purse,
    test_people_stores,
    test_realtime_stores,
    test_run_store,
    test_secrets,
    test_small_stores,
    test_token_issuer,
    test_topics,
    test_trigger_store,
    test_usage_reports,
    test_webhook_secrets,
)


def _collect() -> None:
    """Make the suites' tests those of this module; two of the same name would hide each other."""
    for suite in SUITES:
        for name, test in vars(suite).items():
            if name.startswith("test_"):
                assert name not in globals(), f"two suites have a test {name}"
                globals()[name] = test


@pytest.fixture(scope="module")
def clients(heddle: Cli) -> Clients:
    """Return what makes clients of the stage's emulator."""
    port = json.loads((heddle.home / "runtime.json").read_text())["ports"]["emulator"]
    return lambda service: client(service, port)


def client(service: str, port: int) -> Any:
    """Return a client of the emulator at this port."""
    signed = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}} if service == "s3" else {}
    return emulator.client(service, port, **signed)


@pytest.fixture(scope="module")
def aws(clients: Clients) -> Iterator[Stores]:
    with resources_of_their_own(clients, f"contract-{uuid.uuid4().hex[:8]}") as names:
        yield aws_stores("stage", clients, names)


@pytest.fixture(scope="module")
def stores(aws: Stores) -> Stores:
    return aws


@pytest.fixture
def executions(clients: Clients) -> Iterator[ExecutionBench]:
    with executions_on_aws(clients) as bench:
        yield bench


@pytest.fixture
def bus(clients: Clients, aws: Stores) -> Iterator[BusBench]:
    with bus_on_aws(clients, lambda service: client(service, 9), aws.blobs) as bench:
        yield bench


@pytest.fixture
def aws_bus(bus: BusBench) -> BusBench:
    return bus


@pytest.fixture
def vault(clients: Clients) -> SecretsBench:
    return secrets_on_aws(clients)


@pytest.fixture
def pool(clients: Clients) -> Iterator[Pool]:
    with pool_on_aws(clients) as made:
        yield made


@pytest.fixture
def rotating_pool(pool: Pool) -> Pool:
    return pool


_collect()
