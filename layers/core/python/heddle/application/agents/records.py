"""What a conversation's events hold, and the way back from them to answers and results."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, field
from typing import Any

import orjson

from heddle.application.models.answer import Answer
from heddle.application.ports.models import Completion, CompletionRequest, ToolCallPart
from heddle.domain.events.conversation_events import ModelCalled, ToolCalled
from heddle.domain.nodes.spec import NodeTask
from heddle.records import dataclass

NOT_ASKED_FOR = ("timeout", "correlation_id", "cache")
"""What of a request says nothing about the answer that is wanted."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model answered, and the call's usage; with `recorded` it was found in the history, nobody was asked."""

    completion: Completion
    usage: dict[str, Any]
    recorded: bool


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool gave, any JSON; with `is_error`, why it could not."""

    result: Any
    is_error: bool = False
    usage: dict[str, Any] = field(default_factory=dict)


def request_hash(model: str | None, request: CompletionRequest) -> str:
    """Return the SHA-256 of everything in a request that the answer depends on."""
    asked = {name: value for name, value in asdict(request).items() if name not in NOT_ASKED_FOR}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    return hashlib.sha256(orjson.dumps([model, asked], option=options)).hexdigest()


def model_called(
    task: NodeTask,
    step: int,
    digest: str,
    answer: Answer,
    at: str,
    duration_ms: float,
    prompt: dict[str, Any] | None,
    check_in: Callable[[Any], Any],
) -> ModelCalled:
    """Return the event that a model answered."""
    completion, billed = answer.completion, answer.billed
    said = {
        "text": completion.text,
        "tool_calls": list(completion.tool_calls),
        "stop_reason": completion.stop_reason,
        "citations": list(completion.citations),
    }
    return ModelCalled(
        step=step,
        attempt=task.attempt,
        provider=completion.provider,
        model=completion.model,
        request_hash=digest,
        answer=check_in(said),
        at=at,
        duration_ms=duration_ms,
        usage=billed.usage(),
        alias=billed.alias,
        prompt=prompt,
    )


def heard(event: ModelCalled, check_out: Callable[[Any], Any]) -> Heard:
    """Return the answer that an event recorded."""
    said = check_out(event.answer)
    completion = Completion(
        text=said["text"],
        model=event.model,
        provider=event.provider,
        stop_reason=said["stop_reason"],
        input_tokens=event.usage.get("input_tokens", 0),
        output_tokens=event.usage.get("output_tokens", 0),
        cost_usd=event.usage.get("cost_usd"),
        citations=tuple(said["citations"]),
        tool_calls=tuple(said["tool_calls"]),
    )
    return Heard(completion, event.usage, True)


def outcome_of(event: ToolCalled, call: ToolCallPart, check_out: Callable[[Any], Any]) -> ToolOutcome | None:
    """Return the result that an event recorded, None if it is of another call that had the same id."""
    arguments = call["arguments"] if call["arguments"] is not None else call["raw"]
    if event.tool != call["name"] or check_out(event.arguments) != arguments:
        return None
    return ToolOutcome(check_out(event.result), event.is_error, event.usage)
