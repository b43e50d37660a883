"""What Anthropic's messages API answers, read with suspicion: the SDK does not check its shape."""

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


def read_message(reply: Any, answer: Answer) -> None:
    """Take a whole answer. Raises NodeError `llm_bad_response` if it is none."""
    content = getattr(reply, "content", None)
    if not isinstance(content, list) or getattr(reply, "stop_reason", None) is None:
        raise failure("llm_bad_response", answer.provider, "the answer holds no message")
    _read_head(reply, answer)
    for number, block in enumerate(content):
        for _ in _read_block(number, block, answer):
            pass
    _read_stop(reply, answer)
    Usage().read(getattr(reply, "usage", None), answer)


def read_event(event: Any, usage: "Usage", answer: Answer) -> Iterator[Delta]:
    """Take an event of a stream, and give its text."""
    answer.left()
    kind = getattr(event, "type", None)
    if kind == "message_start":
        message = getattr(event, "message", None)
        _read_head(message, answer)
        usage.read(getattr(message, "usage", None), answer)
    elif kind == "content_block_start":
        yield from _read_block(getattr(event, "index", None), getattr(event, "content_block", None), answer)
    elif kind == "content_block_delta":
        delta = getattr(event, "delta", None)
        yield from answer.add(_text(delta, "text") if getattr(delta, "type", None) == "text_delta" else "")
        if getattr(delta, "type", None) == "input_json_delta":
            answer.call(getattr(event, "index", None), arguments=_text(delta, "partial_json"))
    elif kind == "message_delta":
        _read_stop(getattr(event, "delta", None), answer)
        usage.read(getattr(event, "usage", None), answer)


class Usage:
    """The tokens, told in parts: a stream begins with those of the prompt, and ends with all of them.

    What was read from the cache and written to it is not among `input_tokens`; here it is.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def read(self, usage: Any, answer: Answer) -> None:
        """Take what a part says; the latest number holds."""
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens"):
            value = getattr(usage, name, None)
            if isinstance(value, int):
                self._known[name] = value
        cached = self._known.get("cache_read_input_tokens", 0)
        kept = self._known.get("cache_creation_input_tokens", 0)
        given = self._known.get("input_tokens")
        if given is not None:
            given += cached + kept
        answer.used(given, self._known.get("output_tokens"), cached, kept)


def _read_head(message: Any, answer: Answer) -> None:
    answer.model = str(getattr(message, "model", None) or answer.model)
    answer.response_id = str(getattr(message, "id", None) or answer.response_id)


def _read_block(key: object, block: Any, answer: Answer) -> Iterator[Delta]:
    kind = getattr(block, "type", None)
    if kind == "text":
        yield from answer.add(_text(block, "text"))
    elif kind == "tool_use":
        given = getattr(block, "input", None)
        # A stream begins a call with an empty object, and writes the arguments behind it.
        arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False) if given else ""
        answer.call(key, id=_text(block, "id"), name=_text(block, "name"), arguments=arguments)


def _read_stop(message: Any, answer: Answer) -> None:
    reason = getattr(message, "stop_reason", None)
    if reason == "refusal":
        answer.declined(reason)
    if reason:
        answer.stopped(_STOPS.get(reason, str(reason)))


def _text(holder: Any, name: str) -> str:
    value = getattr(holder, name, None)
    return value if isinstance(value, str) else ""
