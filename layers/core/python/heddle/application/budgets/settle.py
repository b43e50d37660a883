"""Booking what a call really cost: in the budgets, in the ledger and in its sums together.

reserved  ──settle──►  settled          the truth is booked, the rest given back
   │
   ├─────release────►  (gone)           as if nothing had been reserved
   └─────lapse──────►  abandoned  ──settle──►  settled    the worst case, corrected when the truth comes
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from heddle.application.budgets.announce import Announce
from heddle.application.budgets.reserve import Reserve, check_stops, line_of
from heddle.application.budgets.rounds import rounds
from heddle.application.budgets.windows import Windows
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.budgets import ABANDONED, RESERVED, SETTLED, Call, Control, Overtaken, SpendStore, Write
from heddle.application.ports.usage import LedgerLine
from heddle.domain.budgets.counter import NOTHING, Change, Piece


@dataclass(frozen=True)
class Settle:
    """Ends calls. Each may be repeated, by anybody, at any time: the state of the call decides what is left to do."""

    store: SpendStore
    reserve: Reserve
    announce: Announce
    now: Callable[[], datetime]
    chance: Callable[[], float]
    sleep: Callable[[float], None]

    def settle(self, caller: Caller, billed: Billed, *, stoppable: bool = False) -> None:
        """Book what a call cost, whether it was reserved, has lapsed, or needed no reservation.

        With `stoppable` a kill switch stops what has cost nothing yet.
        """

        def truth(call: Call | None, control: Control) -> tuple[Call | None, bool]:
            if call is not None and call.state == SETTLED:
                return call, False
            if stoppable and not billed.cost:
                check_stops(caller, control)
            at = call.line.at if call else self.now().isoformat(timespec="microseconds")
            line = booked(caller, billed, at=at)
            if call is None and billed.cost:
                # Spent without a reservation: budgets have to know it all the same.
                self.reserve(caller, 0, provider=billed.provider, model=billed.model, seconds=0, booked=line)
                raise Overtaken
            return Call(SETTLED, line, 0, call.pieces if call else ()), True

        self._end(caller.tenant, caller.call_id, truth)

    def release(self, caller: Caller) -> None:
        """Give everything back; of a call that has lapsed, a line that cost nothing stays."""

        def nothing(call: Call | None, control: Control) -> tuple[Call | None, bool]:
            if call is None or call.state == SETTLED:
                return call, False
            if call.state == RESERVED:
                return None, True
            return Call(SETTLED, replace(call.line, cost=0, outcome="failed"), 0, call.pieces), True

        self._end(caller.tenant, caller.call_id, nothing)

    def lapse(self, tenant: str, call_id: str, *, now: str) -> bool:
        """Book the worst case of a call whose time is over; say whether that was still to be done."""
        done = False

        def worst(call: Call | None, control: Control) -> tuple[Call | None, bool]:
            nonlocal done
            done = call is not None and call.state == RESERVED and call.lapses_at < now
            return (Call(ABANDONED, call.line, 0, call.pieces), True) if call and done else (call, False)

        self._end(tenant, call_id, worst)
        return done

    def _end(
        self, tenant: str, call_id: str, decide: Callable[[Call | None, Control], tuple[Call | None, bool]]
    ) -> None:
        for _ in rounds(self.chance, self.sleep):
            try:
                look = self.store.look(tenant, call_id=call_id)
                after, changed = decide(look.call, look.control)
                if changed:
                    self._write(tenant, call_id, look.call, after)
            except Overtaken:
                continue
            if after is not None and after.line.cost:
                self.announce(tenant, after, look.control.version)
            return

    def _write(self, tenant: str, call_id: str, before: Call | None, after: Call | None) -> None:
        changes = [_change(piece, before, after) for piece in before.pieces] if before else []
        try:
            self.store.commit(tenant, Write(call_id, before, after, changes=tuple(changes)))
        except Overtaken:
            for piece, change in zip(before.pieces if before else (), changes, strict=True):
                if change.least:  # it cost more than was reserved, and this counter may not have the difference
                    Windows(self.store).gather(tenant, piece, change.least)
            raise


def _change(piece: Piece, before: Call | None, after: Call | None) -> Change:
    reserved, spent = (
        (before.amount, 0) if before and before.state == RESERVED else (0, before.line.cost if before else 0)
    )
    cost = after.line.cost if after else 0
    left = reserved + spent - cost
    # A counter that stands alone may owe something; of several, none may while another could give.
    least = -left if left < 0 and piece.shards > 1 else None
    return Change(
        piece.key, left=left, reserved=-reserved, spent=cost - spent, least=least, or_debt=True, initial=NOTHING
    )


def booked(caller: Caller, billed: Billed, *, at: str) -> LedgerLine:
    """Return the ledger line of a call; `at` is when it was reserved, or made if it needed no reservation."""
    return replace(
        line_of(caller, at=at),
        provider=billed.provider,
        model=billed.model,
        input_tokens=billed.input_tokens,
        output_tokens=billed.output_tokens,
        cost=billed.cost,
        latency_ms=billed.latency_ms,
        cached=billed.cached,
        cached_tokens=billed.cached_tokens,
        outcome=billed.outcome,
        alias=billed.alias,
        prices=billed.prices,
    )
