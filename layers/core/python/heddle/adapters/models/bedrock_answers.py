"""What Bedrock's Converse API answers, whole and in events."""

import json
from collections.abc import Iterator
from typing import Any

from heddle.adapters.models.answer import Answer
from heddle.adapters.models.failures import failure
from heddle.application.ports.models import Delta

_STOPS = {
    "end_turn": "end",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
}
_DECLINED = frozenset({"guardrail_intervened", "content_filtered"})
_MALFORMED = frozenset({"malformed_model_output", "malformed_tool_use"})


def read_message(reply: dict[str, Any], answer: Answer) -> None:
    """Take a whole answer. Raises NodeError `llm_bad_response` if it is none."""
    message = (reply.get("output") or {}).get("message")
    stop = reply.get("stopReason")
    if stop is None or (message is None and stop not in _DECLINED):
        raise failure("llm_bad_response", answer.provider, "the answer holds no message")
    _read_usage(reply.get("usage"), answer)
    for number, block in enumerate((message or {}).get("content") or []):
        for _ in answer.add(block.get("text") or ""):
            pass
        if call := block.get("toolUse"):
            given = call.get("input")
            arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
            answer.call(number, id=call.get("toolUseId", ""), name=call.get("name", ""), arguments=arguments)
    _read_stop(stop, answer)


def read_event(event: dict[str, Any], answer: Answer) -> Iterator[Delta]:
    """Take an event of a stream, and give its text."""
    answer.left()
    if start := event.get("contentBlockStart"):
        if call := start.get("start", {}).get("toolUse"):
            answer.call(start.get("contentBlockIndex"), id=call.get("toolUseId", ""), name=call.get("name", ""))
    elif piece := event.get("contentBlockDelta"):
        delta = piece.get("delta", {})
        yield from answer.add(delta.get("text") or "")
        if "toolUse" in delta:
            answer.call(piece.get("contentBlockIndex"), arguments=delta["toolUse"].get("input", ""))
    elif stop := event.get("messageStop"):
        _read_stop(stop.get("stopReason"), answer)
    elif metadata := event.get("metadata"):
        _read_usage(metadata.get("usage"), answer)


def _read_stop(stop: Any, answer: Answer) -> None:
    if stop in _DECLINED:
        answer.declined(stop)
    if stop in _MALFORMED:
        raise failure("llm_bad_response", answer.provider, "the model's answer could not be read", stop_reason=stop)
    if stop:
        answer.stopped(_STOPS.get(stop, str(stop)))


def _read_usage(usage: Any, answer: Answer) -> None:
    """Take the tokens; what was read from the cache and written to it is not among `inputTokens`."""
    known = usage if isinstance(usage, dict) else {}
    given, cached = known.get("inputTokens"), known.get("cacheReadInputTokens") or 0
    kept = known.get("cacheWriteInputTokens") or 0
    if isinstance(given, int):
        answer.used(given + cached + kept, known.get("outputTokens"), cached, kept)
