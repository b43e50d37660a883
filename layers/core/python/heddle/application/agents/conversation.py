"""One node's conversation with models and tools, written down call by call, so that nothing is paid for twice.

    ask step 1 ──► recorded with this very request? ── yes: its answer, nobody is asked
                                                   └─ no:  ask, append ModelCalled, go on with it

A conversation outlives the function and the attempt it began in: whoever comes next finds the calls that were made and
goes on after the last. It is over for the next attempt only once ConversationEnded says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heddle.application.agents.conversation_log import ConversationLog
from heddle.application.agents.records import Heard, ToolOutcome, heard, model_called, outcome_of, request_hash
from heddle.application.agents.run_watch import RunWatch
from heddle.application.agents.spending import Spending
from heddle.application.execution.payloads import check_in, check_out
from heddle.application.models.answer import AskModel
from heddle.application.models.caller import Caller
from heddle.application.ports.attempts import Claims
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.models import CompletionRequest, ToolCallPart
from heddle.domain.events.conversation_events import ConversationEnded, ToolCalled
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.domain.nodes.spec import NodeTask


@dataclass(frozen=True)
class Conversations:
    """What conversations need. `claims` keep a tool call that acts from being made twice."""

    events: EventStore
    blobs: BlobStore
    claims: Claims
    ask: AskModel
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def open(self, task: NodeTask) -> "Conversation":
        """Return the node's (or the item's) conversation, with what was said in it so far."""
        return Conversation(self, task)


def conversation_id(run_id: str, node_id: str, item: int | None) -> str:
    """Return the id of a conversation's stream."""
    return f"{run_id}.{node_id}" + ("" if item is None else f".{item}")


class Conversation:
    """A conversation that is going on. `ask` may be called by several threads at once, for different steps."""

    def __init__(self, parts: Conversations, task: NodeTask) -> None:
        self.task = task
        self._parts = parts
        self._owner = parts.new_id()
        stream = StreamId(task.tenant, "conversation", conversation_id(task.run_id, task.node_id, task.item_index))
        metadata = Metadata(task.correlation_id, task.run_id, task.principal)
        self._log = ConversationLog(stream, metadata, parts.events, parts.now, parts.sleep)

    @property
    def spending(self) -> Spending:
        """What the calls of this conversation have used and cost, whoever made them."""
        return self._log.spending

    @property
    def resumed(self) -> bool:
        """Whether an earlier delivery or attempt said something that still counts."""
        return bool(self._log.models)

    def ask(
        self,
        request: CompletionRequest,
        *,
        step: int,
        model: str | None = None,
        prompt: dict[str, Any] | None = None,
        before: Callable[[], None] | None = None,
        on_text: Callable[[str], None] | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Heard:
        """Return the answer to the request, the recorded one if there is one. Raises what AskModel raises.

        `step` counts the model calls of the conversation from 1. `prompt` names the registered prompt that was used.
        `before` is called before a model is really asked, and may raise to prevent it.
        """
        digest = request_hash(model, request)
        found = self._log.expect(lambda: self._answer(step, digest))
        if found is not None:
            if on_text is not None and found.completion.text:
                on_text(found.completion.text)
            return found
        if before is not None:
            before()
        began = self._parts.monotonic()
        answer = self._parts.ask(self.caller(step), model, request, on_text=on_text, on_restart=on_restart)
        took = round((self._parts.monotonic() - began) * 1000, 3)
        event = model_called(self.task, step, digest, answer, self._at(), took, prompt, self._check_in)
        kept = self._log.append(event, lambda: self._answer(step, digest))
        return Heard(answer.completion, answer.billed.usage(), False) if kept is None else kept

    def caller(self, step: int) -> Caller:
        """Return for whom a call of this step is made; each has an id of its own."""
        task = self.task
        return Caller(
            tenant=task.tenant,
            principal=task.principal,
            call_id=self._parts.new_id(),
            workflow_id=task.workflow_id,
            run_id=task.run_id,
            root_run_id=task.root_run_id or task.run_id,
            run_budget=task.run_budget,
            node_id=task.node_id,
            attempt=task.attempt,
            item_index=task.item_index,
            step=step,
            correlation_id=task.correlation_id,
        )

    def watch_run(self) -> RunWatch:
        """Return what tells from now on that the run was stopped."""
        return RunWatch(self._parts.events, self.task.tenant, self.task.run_id)

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return self._parts.monotonic()

    def key(self, step: int, call: ToolCallPart) -> str:
        """Return what stands for this call whenever it is made, for whoever can make use of an idempotency key."""
        task = self.task
        return f"{conversation_id(task.run_id, task.node_id, task.item_index)}#{step}#{call['id']}"

    def recorded(self, step: int, call: ToolCallPart) -> ToolOutcome | None:
        """Return what this tool call gave, if that is known already."""
        return self._log.expect(lambda: self._outcome(step, call))

    def claim(self, step: int, call: ToolCallPart) -> bool:
        """Take it on oneself to make a call that must not be made twice; False if another delivery has done that."""
        task = self.task
        holder = self._parts.claims.claim(
            task.tenant, task.run_id, self.key(step, call), owner=self._owner, at=self._at()
        )
        mine = holder == self._owner
        self._log.rival = self._log.rival or not mine
        return mine

    def record(self, step: int, call: ToolCallPart, outcome: ToolOutcome, duration_ms: float) -> ToolOutcome:
        """Write down what a tool gave; return it, or what another delivery wrote down before."""
        event = ToolCalled(
            step=step,
            attempt=self.task.attempt,
            call_id=call["id"],
            tool=call["name"],
            arguments=self._check_in(call["arguments"] if call["arguments"] is not None else call["raw"]),
            result=self._check_in(outcome.result),
            is_error=outcome.is_error,
            at=self._at(),
            duration_ms=duration_ms,
            usage=outcome.usage,
        )
        kept = self._log.append(event, lambda: self._outcome(step, call))
        return outcome if kept is None else kept

    def end(self, outcome: str) -> None:
        """Say that this conversation is not gone on with: the next attempt begins a new one."""

        def ended() -> str | None:
            return outcome if self._log.ended else None

        self._log.append(ConversationEnded(self.task.attempt, outcome, self._at()), ended)

    def _answer(self, step: int, digest: str) -> Heard | None:
        event = self._log.models.get(step)
        return heard(event, self._check_out) if event is not None and event.request_hash == digest else None

    def _outcome(self, step: int, call: ToolCallPart) -> ToolOutcome | None:
        event = self._log.tools.get((step, call["id"]))
        return None if event is None else outcome_of(event, call, self._check_out)

    def _check_in(self, value: Any) -> Any:
        return check_in(self._parts.blobs, self.task.tenant, value)

    def _check_out(self, value: Any) -> Any:
        return check_out(self._parts.blobs, self.task.tenant, value)

    def _at(self) -> str:
        return self._parts.now().isoformat()
