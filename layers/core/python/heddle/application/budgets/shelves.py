"""The budgets of each tenant as this process knows them, and as long as the tenant's control says so."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from heddle.application.ports.budgets import BudgetStore
from heddle.domain.budgets.cover import Shelf

EMPTY = Shelf(())


@dataclass
class Shelves:
    """Budgets are read again when the version of the control, which every reservation looks at, has moved on."""

    store: BudgetStore
    kept: int = 256
    _known: OrderedDict[str, tuple[int, Shelf]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def known(self, tenant: str) -> tuple[int, Shelf]:
        """Return the version and the budgets as last read; version 0 and none before that."""
        with self._lock:
            return self._known.get(tenant, (0, EMPTY))

    def load(self, tenant: str) -> Shelf:
        """Read them again."""
        # The control first: budgets that are newer than it are read once more, older ones never pass for new.
        version = self.store.control(tenant).version
        shelf = Shelf(self.store.budgets(tenant))
        with self._lock:
            if self._known.get(tenant, (0, EMPTY))[0] <= version:
                self._known[tenant] = (version, shelf)
                self._known.move_to_end(tenant)
            while len(self._known) > self.kept:
                self._known.popitem(last=False)
        return shelf

    def at(self, tenant: str, version: int) -> Shelf:
        """Return the budgets at that version of the control or a newer one."""
        known, shelf = self.known(tenant)
        return shelf if known >= version else self.load(tenant)
