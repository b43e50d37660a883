"""What a budget says in the middle of a call, and what becomes of a call whose budget cannot be told how it ended."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from heddle.application.models.caller import Caller
from heddle.errors import ApprovalNeeded, NodeError, UpstreamUnavailable

log = logging.getLogger(__name__)

OF_BUDGETS = frozenset({"budget_exceeded", "budget_approval_required"})
"""Refusals that go by the amount."""


def to_be_allowed(error: NodeError) -> NodeError:
    """Return the refusal as one that a person may lift, where the budget says so."""
    if error.code != "budget_approval_required":
        return error
    return ApprovalNeeded(error.message, code=error.code, **error.details)


@contextmanager
def left_to_the_sweeper(caller: Caller) -> Iterator[None]:
    """Go on if the end of a call cannot be booked now: its worst case stays reserved, and the sweeper books that.

    The answer is there and paid for, or the provider's failure is what the caller has to know: neither may be lost,
    because a node that is repeated would pay once more.
    """
    try:
        yield
    except UpstreamUnavailable as error:
        facts = {"tenant": caller.tenant, "run_id": caller.run_id, "call_id": caller.call_id}
        log.warning("a call could not be booked; its worst case will be", exc_info=error, extra={"facts": facts})
