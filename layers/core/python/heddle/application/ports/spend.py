"""Budgets as a call meets them: the worst case is taken before it, the truth is booked after it."""

from typing import Protocol

from heddle.application.models.caller import Billed, Caller
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to make one call. `amount` (picodollars) is reserved until the call is settled or released.

    With `downgrade_to` nothing was reserved: a budget asks for the cheaper alias instead, and to reserve for that.
    """

    call_id: str
    amount: int
    downgrade_to: str | None = None


class Purse(Protocol):
    """Reserve, then settle or release; each may be repeated with the same effect as once."""

    def reserve(
        self, caller: Caller, amount: int, *, provider: str, model: str, seconds: float, alias: str = ""
    ) -> Grant:
        """Take `amount` from every budget that covers the caller, or from none; it lapses some time after `seconds`.

        An amount of nothing, for a call that cannot cost anything, passes every budget, and no kill switch.
        `alias` is the one that was asked for, if a model was not named: a budget that would have the call downgraded
        to that very alias refuses it instead. A call id that has a reservation keeps that one. Raises NodeError (none
        retryable): `budget_exceeded` naming scope, subject, period, limit and what is left;
        `budget_approval_required`; `ai_stopped` (a kill switch); `call_settled` (a call is paid for once). Raises
        UpstreamUnavailable, which says nothing about what was reserved: repeat it, or leave it to lapse.
        """
        ...

    def settle(self, caller: Caller, grant: Grant, billed: Billed) -> None:
        """Book what the call really cost, in the budgets and in the ledger together, and give back the rest.

        A call that was settled before changes nothing; one that had lapsed is corrected to the real cost.
        """
        ...

    def release(self, caller: Caller, grant: Grant, *, reason: str) -> None:
        """Give everything back: the call was never made, or the provider says that it cost nothing."""
        ...

    def book(self, caller: Caller, billed: Billed) -> None:
        """Write a ledger line for what needed no reservation, such as a cached answer.

        Raises NodeError `ai_stopped`; what was spent already is booked all the same.
        """
        ...
