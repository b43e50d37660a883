"""Workflows that every driver must bring to the same end: document, input, and what is expected."""

from tests.contract.scenarios.branches import BRANCHES
from tests.contract.scenarios.failures import FAILURES
from tests.contract.scenarios.graphs import GRAPHS
from tests.contract.scenarios.items import ITEMS
from tests.contract.scenarios.outside import OUTSIDE
from tests.contract.scenarios.scenario import Scenario

SCENARIOS = (*GRAPHS, *BRANCHES, *FAILURES, *ITEMS, *OUTSIDE)

__all__ = ["SCENARIOS", "Scenario"]
