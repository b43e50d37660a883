"""Carry out the tool calls of one step, several at a time, each within its time, recorded as each ends.

A tool runs in a thread of its own. One that does not end in time is left behind: the model is told so, and whatever the
thread still gives is dropped.
"""

import json
import queue
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heddle.application.agents.conversation import Conversation
from heddle.application.agents.records import ToolOutcome
from heddle.application.agents.tools import Tool, ToolUse, argument_faults
from heddle.application.ports.models import ToolCallPart, ToolResultPart
from heddle.application.ports.token_streams import TokenStream
from heddle.errors import HeddleError

AT_ONCE = 8
"""How many tools of one step run side by side."""

MOST_CALLS = 32
"""How many calls one step may ask for; the rest is refused, in words that the model sees."""

CUT = "\n… (cut; the result has {size:,} characters)"


@dataclass
class _Running:
    call: ToolCallPart
    began: float
    ends: float


@dataclass
class CallTools:
    """`invalid_in_a_row` counts steps in which no call could be used at all."""

    conversation: Conversation
    tools: Mapping[str, Tool]
    timeout: float
    result_chars: int
    stream: TokenStream | None = None
    invalid_in_a_row: int = 0
    used: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, step: int, calls: Sequence[ToolCallPart], seconds: float) -> list[ToolResultPart]:
        """Return a result for every call, in their order; all of them end within `seconds`."""
        outcomes: dict[str, ToolOutcome] = {}
        waiting: deque[ToolCallPart] = deque()
        usable = 0
        for number, call in enumerate(calls):
            refusal = self._refusal(call) if number < MOST_CALLS else f"at most {MOST_CALLS} calls at once"
            usable += refusal is None
            known = self.conversation.recorded(step, call)
            if known is not None:
                outcomes[call["id"]] = known
            elif refusal is not None:
                outcomes[call["id"]] = self.conversation.record(step, call, ToolOutcome(refusal, True), 0.0)
            else:
                waiting.append(call)
        self.invalid_in_a_row = 0 if usable else self.invalid_in_a_row + 1
        self._work_off(step, waiting, outcomes, self.conversation.monotonic() + seconds)
        for call in calls:
            outcome = outcomes[call["id"]]
            self.used.append({"step": step, "tool": call["name"], "is_error": outcome.is_error})
        return [self._result(call, outcomes[call["id"]]) for call in calls]

    def _refusal(self, call: ToolCallPart) -> str | None:
        tool = self.tools.get(call["name"])
        if tool is None:
            return f"there is no tool called {call['name']!r}; there are: {', '.join(self.tools) or 'none'}"
        return argument_faults(tool.spec, call["arguments"], call["raw"])

    def _work_off(self, step: int, waiting: deque[ToolCallPart], outcomes: dict[str, ToolOutcome], ends: float) -> None:
        done: queue.SimpleQueue[tuple[str, ToolOutcome | BaseException]] = queue.SimpleQueue()
        running: dict[str, _Running] = {}
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                call = waiting.popleft()
                if self.tools[call["name"]].once and not self.conversation.claim(step, call):
                    outcomes[call["id"]] = self._interrupted(step, call)
                else:
                    running[call["id"]] = self._start(step, call, ends, done)
            if not running:
                continue
            now = self.conversation.monotonic()
            try:
                ident, outcome = done.get(timeout=max(0.0, min(one.ends for one in running.values()) - now))
            except queue.Empty:
                self._leave_late_ones(step, running, outcomes)
                continue
            if (one := running.pop(ident, None)) is not None:
                if not isinstance(outcome, ToolOutcome):
                    raise outcome
                outcomes[ident] = self._keep(step, one, outcome)

    def _start(
        self, step: int, call: ToolCallPart, ends: float, done: "queue.SimpleQueue[tuple[str, Any]]"
    ) -> _Running:
        began = self.conversation.monotonic()
        one = _Running(call, began, min(began + self.timeout, ends))
        tool, key = self.tools[call["name"]], self.conversation.key(step, call)
        use = ToolUse(call["arguments"] or {}, step, call["id"], key, max(0.0, one.ends - began))
        if self.stream is not None:
            self.stream.tool(call["name"], call_id=call["id"], state="started")

        def work() -> None:
            try:
                done.put((call["id"], tool.call(use)))
            except HeddleError as error:
                done.put((call["id"], ToolOutcome({"error": error.code, "message": error.message}, True)))
            except BaseException as error:  # raised again where the node runs, so that a bug looks like one
                done.put((call["id"], error))

        threading.Thread(target=work, name=f"tool-{call['name']}", daemon=True).start()
        return one

    def _leave_late_ones(self, step: int, running: dict[str, _Running], outcomes: dict[str, ToolOutcome]) -> None:
        now = self.conversation.monotonic()
        for ident in [ident for ident, one in running.items() if one.ends <= now]:
            one = running.pop(ident)
            message = f"the tool did not answer within {one.ends - one.began:g} seconds"
            outcomes[ident] = self._keep(step, one, ToolOutcome({"error": "tool_timeout", "message": message}, True))

    def _keep(self, step: int, one: _Running, outcome: ToolOutcome) -> ToolOutcome:
        took = round((self.conversation.monotonic() - one.began) * 1000, 3)
        kept = self.conversation.record(step, one.call, outcome, took)
        if self.stream is not None:
            state = "failed" if kept.is_error else "succeeded"
            self.stream.tool(one.call["name"], call_id=one.call["id"], state=state, duration_ms=took)
        return kept

    def _interrupted(self, step: int, call: ToolCallPart) -> ToolOutcome:
        """Return what another delivery has recorded of a call that it began, or that nobody knows how it ended."""
        if (known := self.conversation.recorded(step, call)) is not None:
            return known
        message = "an earlier call was interrupted; it is not known whether it was done, and it is not repeated"
        return self.conversation.record(
            step, call, ToolOutcome({"error": "tool_interrupted", "message": message}, True), 0.0
        )

    def _result(self, call: ToolCallPart, outcome: ToolOutcome) -> ToolResultPart:
        result = outcome.result
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        if len(text) > self.result_chars:
            text = text[: self.result_chars] + CUT.format(size=len(text))
        return {
            "type": "tool_result",
            "id": call["id"],
            "name": call["name"],
            "content": text,
            "is_error": outcome.is_error,
        }
