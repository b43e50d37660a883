"""Every suite here runs against every adapter: memory, moto, and a running stage if HEDDLE_STAGE_FILE names one."""

import uuid
from collections.abc import Iterator

import pytest

from tests.contract.aws import (
    BUCKET,
    CATALOG,
    EVENTS,
    RUNS,
    Stores,
    aws_stores,
    memory_stores,
    moto_clients,
    stage_file,
    stage_stores,
)

KINDS = ["memory", "moto"] + (["stage"] if stage_file() else [])


@pytest.fixture(scope="module", params=KINDS)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield memory_stores()
    elif request.param == "stage":
        path = stage_file()
        assert path is not None
        yield stage_stores(path)
    else:
        with moto_clients() as clients:
            yield aws_stores("moto", clients, {"events": EVENTS, "catalog": CATALOG, "runs": RUNS, "payloads": BUCKET})


@pytest.fixture
def tenant() -> str:
    """Name a tenant of its own for each test, so that tests share tables as tenants do."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def stranger(tenant: str) -> str:
    """Name another tenant, whose name begins like the first one's."""
    return f"{tenant}-2"
