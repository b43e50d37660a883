"""Names for tenants: each test gets its own, so that tests share tables as tenants do."""

import uuid

import pytest


@pytest.fixture
def tenant() -> str:
    """Name a tenant of the test's own."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def stranger(tenant: str) -> str:
    """Name another tenant, whose name begins like the first one's."""
    return f"{tenant}-2"
