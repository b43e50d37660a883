"""An agent: a model that works on a task with tools, step by step, until it has an answer or reaches a limit.

    ask ──► tool calls? ── yes ──► call them side by side ──► results to the model ──► ask
                        └─ no ───► the answer: text, or JSON of the schema (asked for once more if it does not fit)

Every step is recorded by the conversation, so a crash at any point costs nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from heddle import records
from heddle.application.agents.answers import structured
from heddle.application.agents.call_tools import CallTools
from heddle.application.agents.conversation import Conversation
from heddle.application.agents.endings import ended_by
from heddle.application.agents.records import Heard
from heddle.application.agents.tools import Tool
from heddle.application.ports.models import CompletionRequest, Message, Part, ToolCallPart
from heddle.application.ports.token_streams import TokenStream
from heddle.domain.money import usd
from heddle.errors import NodeError

STEP_LIMIT = "agent_step_limit"
COST_LIMIT = "agent_cost_limit"
BAD_CALLS = "agent_tool_calls_invalid"
EMPTY = "llm_empty_answer"
OUT_OF_TIME = "node_timeout"

MOST_INVALID_IN_A_ROW = 3
"""Steps in a row in which no tool call could be used; a model that has not understood by then will not."""

_SAY_SOMETHING = "Your answer was empty. Answer the task in words, or say that you cannot."


@records.dataclass(frozen=True, slots=True)
class AgentTask:
    """What to do, and how far to go. `request` holds system prompt, prompt, context and the recalled history.

    `seconds` is what everything together may take; `max_cost` (picodollars) is looked at before each call.
    """

    request: CompletionRequest
    model: str | None
    seconds: float
    max_steps: int = 10
    max_cost: int | None = None
    tool_timeout: float = 60.0
    tool_result_chars: int = 20_000
    output_schema: dict[str, Any] | None = None
    prompt: dict[str, Any] | None = None


@records.dataclass(frozen=True, slots=True)
class AgentResult:
    """The answer in words, the value of the schema if there was one, and what was done for it."""

    text: str
    value: Any
    last: Heard
    steps: int
    tool_calls: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class RunAgent:
    """Works on one task in one conversation."""

    conversation: Conversation
    tools: Mapping[str, Tool]
    stream: TokenStream | None = None

    def __call__(self, task: AgentTask) -> AgentResult:
        """Return the answer.

        Raises NodeError: agent_step_limit, agent_cost_limit, agent_tool_calls_invalid, llm_empty_answer,
        llm_output_invalid (all of which end the conversation, as a refusal does), run_cancelled, and whatever AskModel
        raises.
        """
        with ended_by(self.conversation):
            return _Work(self, task).go()


class _Work:
    """The state of the loop: the messages so far, the step, and when the time is over."""

    def __init__(self, agent: RunAgent, task: AgentTask) -> None:
        self.agent, self.task, self.step = agent, task, 0
        self.conversation = agent.conversation
        self.run = self.conversation.watch_run()
        self.ends = self.conversation.monotonic() + task.seconds
        self.messages: list[Message] = list(task.request.messages)
        self.calling = CallTools(
            self.conversation, agent.tools, task.tool_timeout, task.tool_result_chars, agent.stream
        )

    def go(self) -> AgentResult:
        told_of_emptiness = False
        while True:
            heard = self._ask()
            calls = _named(heard.completion.tool_calls)
            if calls:
                self._call(heard, calls)
            elif heard.completion.text.strip():
                return self._finish(heard)
            elif told_of_emptiness:
                raise NodeError("the model gave an empty answer twice", code=EMPTY)
            else:
                told_of_emptiness = True
                self._say("assistant", [{"type": "text", "text": "(nothing)"}])
                self._say("user", [{"type": "text", "text": _SAY_SOMETHING}])

    def _ask(self, extra: Sequence[Message] = ()) -> Heard:
        task, stream = self.task, self.agent.stream
        if self.step >= task.max_steps:
            message = f"the agent was not done after {task.max_steps} steps"
            raise NodeError(message, code=STEP_LIMIT, steps=self.step)
        self.step += 1
        if stream is not None:
            stream.step()
        request = replace(
            task.request,
            messages=(*self.messages, *extra),
            tools=tuple(tool.spec for tool in self.agent.tools.values()),
            timeout=min(task.request.timeout, self._seconds_left()),
        )
        return self.conversation.ask(
            request,
            step=self.step,
            model=task.model,
            prompt=task.prompt,
            before=self._may_ask,
            on_text=stream.text if stream else None,
            on_restart=stream.restart if stream else None,
        )

    def _may_ask(self) -> None:
        if self.step > 1:
            self.run.check()
        spent, most = self.conversation.spending.cost, self.task.max_cost
        if most is not None and spent >= most:
            message = f"the agent has cost {usd(spent)} USD, and may cost {usd(most)}"
            raise NodeError(message, code=COST_LIMIT, cost_usd=usd(spent), limit_usd=usd(most))

    def _call(self, heard: Heard, calls: list[ToolCallPart]) -> None:
        said: list[Part] = [{"type": "text", "text": heard.completion.text}] if heard.completion.text else []
        self._say("assistant", [*said, *calls])
        results = self.calling(self.step, calls, self._seconds_left())
        if self.calling.invalid_in_a_row > MOST_INVALID_IN_A_ROW:
            message = f"the model has called no tool rightly {self.calling.invalid_in_a_row} times in a row: "
            raise NodeError(message + results[-1]["content"][:300], code=BAD_CALLS)
        self._say("user", list(results))

    def _finish(self, heard: Heard) -> AgentResult:
        value = None
        if self.task.output_schema is not None:
            value, heard, _ = structured(
                heard, self.step, self.task.output_schema, lambda step, messages: self._ask(messages)
            )
        return AgentResult(heard.completion.text, value, heard, self.step, tuple(self.calling.used))

    def _say(self, role: Any, content: list[Part]) -> None:
        self.messages.append({"role": role, "content": content})

    def _seconds_left(self) -> float:
        left = self.ends - self.conversation.monotonic()
        if left <= 0:
            message = f"the agent was not done within {self.task.seconds:g} seconds"
            raise NodeError(message, code=OUT_OF_TIME, retryable=True)
        return left


def _named(calls: tuple[ToolCallPart, ...]) -> list[ToolCallPart]:
    """Return the calls with ids that tell them apart: some providers give none, or the same one twice."""
    named: list[ToolCallPart] = []
    seen: set[str] = set()
    for number, call in enumerate(calls, 1):
        ident = call["id"] if call["id"] and call["id"] not in seen else f"call-{number}"
        while ident in seen:
            ident += "-"
        seen.add(ident)
        named.append({**call, "id": ident})
    return named
