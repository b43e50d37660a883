"""The facts of a conversation: what an agent asked of models and tools, call by call.

A conversation is a stream of its own (type `conversation`, id `{run}.{node}` or `{run}.{node}.{item}`), so that many
agents of one run never wait for each other to write. Whoever goes on after a crash finds here what is paid for already.
Payload fields (`answer`, `arguments`, `result`) hold JSON, or the `{"$ref": …}` of `heddle.domain.payload` when large.
"""

from dataclasses import field
from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """A model answered. `answer` is {text, tool_calls, stop_reason, citations}; `request_hash` says to what.

    `step` counts the model calls of the conversation from 1. `usage` is tokens and `cost_usd`; `prompt` names the
    registered prompt that was rendered, as {name, version, hash}, if it was one.
    """

    step: int
    attempt: int
    provider: str
    model: str
    request_hash: str
    answer: Any
    at: str
    duration_ms: float
    usage: dict[str, Any] = field(default_factory=dict)
    alias: str = ""
    prompt: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool that the model asked for in `step` was called; `result` is what it gave, or why it could not."""

    step: int
    attempt: int
    call_id: str
    tool: str
    arguments: Any
    result: Any
    is_error: bool
    at: str
    duration_ms: float
    usage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConversationEnded:
    """The conversation is over, and what was said in it is not gone on with: the next attempt begins a new one."""

    attempt: int
    outcome: str
    at: str


ConversationEvent = ModelCalled | ToolCalled | ConversationEnded

EVENT_TYPES: dict[str, type[Any]] = {
    "ModelCalled": ModelCalled,
    "ToolCalled": ToolCalled,
    "ConversationEnded": ConversationEnded,
}
