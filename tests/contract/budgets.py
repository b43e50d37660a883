"""What the suites of budgets work with, over whichever stores they are run."""

import random

import pytest

from heddle.application.budgets.grant_extra import GrantExtra
from heddle.application.budgets.set_budget import SetBudget
from heddle.application.budgets.stop_ai import StopAi
from tests.contract.aws import Stores
from tests.support.spending import Bench


@pytest.fixture
def spending(stores: Stores, tenant: str) -> Bench:
    return Bench(tenant, stores.spend, stores.budgets, stores.ledger, stores.events)


@pytest.fixture
def setting(spending: Bench) -> SetBudget:
    return SetBudget(spending.spend, spending.budgets, spending.events, spending.clock)


@pytest.fixture
def granting(spending: Bench) -> GrantExtra:
    return GrantExtra(spending.spend, spending.budgets, spending.events, spending.clock, random.random, spending.sleep)


@pytest.fixture
def switches(spending: Bench) -> StopAi:
    return StopAi(spending.budgets, spending.events, spending.clock)
