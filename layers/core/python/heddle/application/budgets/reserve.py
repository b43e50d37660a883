"""Taking a call's worst case from every budget that covers it, or from none.

look      control (kill switches, version of the budgets), the call itself, one counter of each budget
decide    follow changed budgets · find a counter that has enough · or let the strictest budget refuse
commit    all counters and the reservation in one transaction; whoever is overtaken looks again
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from heddle import records
from heddle.application.budgets.rounds import rounds
from heddle.application.budgets.shelves import Shelves
from heddle.application.budgets.windows import Windows, forget_at, piece_of
from heddle.application.models.caller import Caller
from heddle.application.ports.budgets import (
    RESERVED,
    SETTLED,
    WHOLE_TENANT,
    Call,
    Control,
    Look,
    Overtaken,
    SpendStore,
    Write,
)
from heddle.application.ports.spend import Grant
from heddle.application.ports.usage import LedgerLine
from heddle.domain.budgets.budget import IMPLIED, implied
from heddle.domain.budgets.counter import Change, Counter, Piece, fresh
from heddle.domain.budgets.cover import Payer, Share, Shelf
from heddle.domain.budgets.refusal import Refusal, refused, strictest
from heddle.errors import NodeError

GRACE = timedelta(minutes=5)
"""How long a reservation outlives the time that its call may take: far more than clocks differ."""


@records.dataclass(frozen=True, slots=True)
class Wish:
    """What is to be reserved, and the line that is booked if nobody ever says more.

    A `forced` one is not refused by anything: its money is spent already.
    """

    line: LedgerLine
    amount: int
    payer: Payer
    at: datetime
    lapses_at: str
    alias: str = ""
    forced: bool = False
    run_budget: str | None = None


@dataclass(frozen=True)
class Reserve:
    """See `Purse.reserve`."""

    store: SpendStore
    shelves: Shelves
    now: Callable[[], datetime]
    chance: Callable[[], float]
    sleep: Callable[[float], None]
    windows: Windows = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", Windows(self.store))

    def __call__(
        self,
        caller: Caller,
        amount: int,
        *,
        provider: str,
        model: str,
        seconds: float,
        alias: str = "",
        booked: LedgerLine | None = None,
    ) -> Grant:
        """Reserve; with `booked` force a reservation of nothing that is about to be settled as that line."""
        at = self.now()
        line = booked or worst_case(caller, amount, provider=provider, model=model, alias=alias, at=at)
        wish = Wish(
            line=line,
            amount=amount,
            payer=Payer(caller.principal, caller.workflow_id, caller.root_run_id),
            at=at,
            lapses_at=(at + timedelta(seconds=seconds) + GRACE).isoformat(timespec="microseconds"),
            alias=alias,
            forced=booked is not None,
            run_budget=caller.run_budget if caller.root_run_id else None,
        )
        for _ in rounds(self.chance, self.sleep):
            try:
                return self._try(caller, wish)
            except Overtaken:
                continue
        raise AssertionError("rounds end by an error")

    def _try(self, caller: Caller, wish: Wish) -> Grant:
        version, shelf = self.shelves.known(caller.tenant)
        shares = self._shares(caller, wish, shelf)
        pieces = [piece_of(share, int(self.chance() * share.budget.shards)) for share in shares]
        look = self.store.look(caller.tenant, call_id=caller.call_id, keys=[piece.key for piece in pieces])
        if look.call is not None:
            return _known(caller, look.call)
        if look.control.version != version:
            self.shelves.load(caller.tenant)
            raise Overtaken
        if not wish.forced:
            check_stops(caller, look.control)
        return self._take(caller, wish, list(zip(shares, pieces, strict=True)), look)

    def _shares(self, caller: Caller, wish: Wish, shelf: Shelf) -> list[Share]:
        """Return what covers the call. No budget has to do with one that cannot cost anything: only stops hold it."""
        if not wish.amount and not wish.forced:
            return []
        shares = shelf.covering(wish.payer, wish.at)
        if wish.run_budget is not None:
            shares.append(Share(implied(wish.run_budget), caller.root_run_id, caller.root_run_id))
        return shares

    def _take(self, caller: Caller, wish: Wish, wanted: list[tuple[Share, Piece]], look: Look) -> Grant:
        changes: list[Change] = []
        refusals: list[Refusal] = []
        checks: list[tuple[str, int]] = []
        for share, piece in wanted:
            counter = self._counter(caller.tenant, share, piece, look)
            found = self._found(caller.tenant, wish, share, piece, counter)
            if isinstance(found, Refusal):
                refusals.append(found)
                continue
            if piece.key not in look.counters and share.budget.id != IMPLIED:  # that of a run cannot change
                checks.append((share.budget.id, share.budget.version))
            changes.append(_taken(wish, share, found, counter if piece.key not in look.counters else None))
        if refusals:
            return _answer(strictest(refusals, wish.alias), wish, caller.call_id)
        call = Call(
            RESERVED,
            wish.line,
            wish.amount,
            tuple([Piece(change.key, share.budget.shards) for change, (share, _) in zip(changes, wanted, strict=True)]),
            wish.lapses_at,
        )
        self.store.commit(caller.tenant, Write(caller.call_id, None, call, changes=tuple(changes), same=tuple(checks)))
        return Grant(caller.call_id, wish.amount)

    def _counter(self, tenant: str, share: Share, piece: Piece, look: Look) -> Counter:
        """Return the counter as it is or will begin, following its budget; else bring that about: raises Overtaken."""
        counter = look.counters.get(piece.key)
        if counter is None and piece.shards == 1:
            return fresh(share.budget.limit, share.budget.version, 1)[0]
        if counter is None:
            self.windows.open(tenant, share, piece)
            raise Overtaken
        if counter.rule != share.budget.version:
            self.windows.follow(tenant, share, piece)
            raise Overtaken
        return counter

    def _found(self, tenant: str, wish: Wish, share: Share, piece: Piece, counter: Counter) -> Piece | Refusal:
        need = _need(wish, share)
        if need is None or (counter.left >= need and not counter.debt):
            return piece
        if piece.shards == 1:
            return Refusal(share, counter.left, counter.limit)
        return self.windows.find(tenant, share, piece, need)


def _need(wish: Wish, share: Share) -> int | None:
    """Return what must be left; None where nothing is refused."""
    return None if wish.forced or share.budget.action == "warn" else wish.amount


def _taken(wish: Wish, share: Share, piece: Piece, initial: Counter | None) -> Change:
    need = _need(wish, share)
    return Change(
        piece.key,
        left=-wish.amount,
        reserved=wish.amount,
        rule=share.budget.version,
        least=need,
        debt=None if need is None else False,
        initial=initial,
        expires_at=forget_at(share, wish.at),
    )


def _known(caller: Caller, call: Call) -> Grant:
    if call.state == SETTLED:
        raise NodeError("this call was made and paid for already", code="call_settled", call_id=caller.call_id)
    # Of one that lapsed the worst case is booked, and will be corrected.
    return Grant(caller.call_id, call.amount if call.state == RESERVED else call.line.cost)


def check_stops(caller: Caller, control: Control) -> None:
    """Raise NodeError `ai_stopped` if a kill switch of the tenant or the workflow is on."""
    for key, what in ((WHOLE_TENANT, "the tenant"), (caller.workflow_id, f"the workflow {caller.workflow_id}")):
        if stop := control.stops.get(key):
            reason = f": {stop.reason}" if stop.reason else ""
            raise NodeError(
                f"{stop.by} stopped AI for {what} at {stop.at}{reason}",
                code="ai_stopped",
                workflow_id=key or None,
                by=stop.by,
                at=stop.at,
                reason=stop.reason,
            )


def _answer(refusal: Refusal, wish: Wish, call_id: str) -> Grant:
    budget = refusal.share.budget
    if budget.action == "downgrade" and budget.downgrade_to != wish.alias:
        return Grant(call_id, 0, budget.downgrade_to)
    raise refused(refusal, needed=wish.amount, call_id=call_id)


def worst_case(caller: Caller, amount: int, *, provider: str, model: str, alias: str, at: datetime) -> LedgerLine:
    """Return the line of a call of which nothing is known but that it may have cost `amount`."""
    return replace(
        line_of(caller, at=at.isoformat(timespec="microseconds")),
        provider=provider,
        model=model,
        alias=alias,
        cost=amount,
        outcome="abandoned",
    )


def line_of(caller: Caller, *, at: str) -> LedgerLine:
    """Return a line that says who and where, and nothing yet of what it cost."""
    return LedgerLine(
        tenant=caller.tenant,
        call_id=caller.call_id,
        at=at,
        principal=caller.principal,
        provider="",
        model="",
        input_tokens=0,
        output_tokens=0,
        cost=0,
        workflow_id=caller.workflow_id,
        run_id=caller.run_id,
        root_run_id=caller.root_run_id,
        node_id=caller.node_id,
        attempt=caller.attempt,
        item_index=caller.item_index,
        step=caller.step,
        correlation_id=caller.correlation_id,
    )
