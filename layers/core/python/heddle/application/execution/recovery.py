"""What becomes of a node whose callback did not come, or whose function died."""

from typing import TYPE_CHECKING

from heddle.application.execution.attempt import TIMED_OUT
from heddle.domain.engine import commands as c
from heddle.domain.engine.decide_nodes import INTERRUPTED
from heddle.domain.engine.plan import PlanNode
from heddle.domain.engine.state import HOLD, SCHEDULED, WAITING
from heddle.domain.nodes.waiting import approval_request

if TYPE_CHECKING:
    from heddle.application.execution.call import StrandCall


def time_out(call: "StrandCall", node: PlanNode, attempt: int) -> None:
    """Settle a node that waited in vain: an approval by its default, anything else as a failure."""
    state, at = call.session.state.node(node.id), call.at
    if state.status != WAITING or state.attempt != attempt:
        return
    code, message = TIMED_OUT, "nothing came in time"
    if node.type == "approval":
        scope = call.scope()
        default = approval_request(scope.payloads.load(state.details)).default
        if default != "fail":
            output = {
                "approved": default == "approve",
                "decision": default,
                "comment": "",
                "by": None,
                "at": at,
                "timed_out": True,
            }
            call.session.tell(c.CompleteNode(node.id, attempt, output, at, at, 0.0, strand=call.strand))
            return
        code, message = "approval_timed_out", "nobody decided in time"
    if state.kind == HOLD:
        code, message = "approval_timed_out", "nobody allowed it in time"
    call.session.tell(c.FailNode(node.id, attempt, code, message, False, at, call.runner.chance(), strand=call.strand))


def lose(call: "StrandCall", node: PlanNode, attempt: int) -> None:
    """Recover a node whose function died: begin it again if that does no harm, otherwise fail the attempt.

    A node with effects `once` does no harm if it had not begun: then its claim is still free.
    """
    state, at = call.session.state.node(node.id), call.at
    if state.status != SCHEDULED or state.attempt != attempt or node.host != "function":
        return
    message = cause(call.work.get("error"))
    if node.effects == "once":
        run = call.work["run"]
        holder = call.runner.claims.claim(run["tenant"], run["id"], f"{node.id}#{attempt}#-", owner=call.owner, at=at)
        if holder != call.owner:
            failure = c.FailNode(
                node.id, attempt, INTERRUPTED, message, False, at, call.runner.chance(), strand=call.strand
            )
            call.session.tell(failure)
            return
    call.session.tell(c.LoseNode(node.id, attempt, message, at, call.strand))


def cause(error: object) -> str:
    """Say in a sentence what the driver knows of a function's death."""
    if isinstance(error, dict) and error.get("Error"):
        return f"the function ended before it was done: {error['Error']}"
    return "the function ended before it was done"
