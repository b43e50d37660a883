"""Where the kernel gets a run's plan from."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

from heddle.application.ports.catalog import CatalogStore
from heddle.domain.engine.plan import Plan
from heddle.domain.engine.plan_json import plan_from_json
from heddle.errors import NotFound


class Plans(Protocol):
    """Plans by workflow version. A version never changes, so neither does its plan."""

    def plan(self, tenant: str, workflow_id: str, version: int) -> Plan:
        """Return the plan; NotFound if the tenant has no such version."""
        ...


@dataclass
class CatalogPlans:
    """Plans from the catalogue, the last few kept for as long as the container lives."""

    catalog: CatalogStore
    kept: int = 64
    _plans: OrderedDict[tuple[str, str, int], Plan] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, tenant: str, workflow_id: str, version: int) -> Plan:
        """Return the plan as it was compiled when the version was saved."""
        key = (tenant, workflow_id, version)
        with self._lock:
            if (found := self._plans.get(key)) is not None:
                self._plans.move_to_end(key)
                return found
        row = self.catalog.version(tenant, workflow_id, version)
        if row is None:
            message = "there is no such workflow version"
            raise NotFound(message, code="version_not_found", workflow_id=workflow_id, version=version)
        plan = plan_from_json(row.plan)
        with self._lock:
            self._plans[key] = plan
            while len(self._plans) > self.kept:
                self._plans.popitem(last=False)
        return plan


@dataclass(frozen=True)
class FixedPlans:
    """Plans by workflow id, whatever the tenant and version: for runs that were never saved."""

    plans: dict[str, Plan]

    def plan(self, tenant: str, workflow_id: str, version: int) -> Plan:
        """Return the plan of that id."""
        if workflow_id not in self.plans:
            raise NotFound("there is no such workflow", code="workflow_not_found", workflow_id=workflow_id)
        return self.plans[workflow_id]
