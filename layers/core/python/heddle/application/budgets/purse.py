"""The purse: reserve, settle, release and book, over the stores."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from heddle.application.budgets.announce import Announce
from heddle.application.budgets.reserve import Reserve
from heddle.application.budgets.settle import Settle
from heddle.application.budgets.shelves import Shelves
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.budgets import BudgetStore, SpendStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.spend import Grant


@dataclass(frozen=True)
class BudgetPurse:
    """A Purse. One per process: it remembers the budgets, and what it has announced."""

    store: SpendStore
    budgets: BudgetStore
    events: EventStore
    now: Callable[[], datetime]
    chance: Callable[[], float]
    sleep: Callable[[float], None]
    take: Reserve = field(init=False)
    end: Settle = field(init=False)

    def __post_init__(self) -> None:
        shelves = Shelves(self.budgets)
        take = Reserve(self.store, shelves, self.now, self.chance, self.sleep)
        announce = Announce(self.store, self.budgets, shelves, self.events, self.now)
        object.__setattr__(self, "take", take)
        object.__setattr__(self, "end", Settle(self.store, take, announce, self.now, self.chance, self.sleep))

    def reserve(
        self, caller: Caller, amount: int, *, provider: str, model: str, seconds: float, alias: str = ""
    ) -> Grant:
        return self.take(caller, amount, provider=provider, model=model, seconds=seconds, alias=alias)

    def settle(self, caller: Caller, grant: Grant, billed: Billed) -> None:
        self.end.settle(caller, billed)

    def release(self, caller: Caller, grant: Grant, *, reason: str) -> None:
        self.end.release(caller)

    def book(self, caller: Caller, billed: Billed) -> None:
        self.end.settle(caller, billed, stoppable=True)
