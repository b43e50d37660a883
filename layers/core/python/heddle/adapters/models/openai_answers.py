"""What the chat completions API answers, read with suspicion: the SDK does not check its shape."""

from collections.abc import Iterator
from typing import Any

from heddle.adapters.models.answer import Answer
from heddle.adapters.models.failures import failure, of_kind
from heddle.application.ports.models import Delta
from heddle.errors import NodeError

_STOPS = {
    "stop": "end",
    "length": "max_tokens",
    "model_length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
}


def read_message(reply: Any, answer: Answer) -> None:
    """Take a whole answer. Raises NodeError `llm_bad_response` if it is none."""
    _raise_error_in(reply, answer)
    choice = _first(reply)
    message = getattr(choice, "message", None)
    text = _text_of(getattr(message, "content", None))
    if message is None or text is None:
        raise failure("llm_bad_response", answer.provider, "the answer holds no message")
    _read_head(reply, answer)
    for _ in answer.add(text):
        pass
    for number, call in enumerate(_list(getattr(message, "tool_calls", None))):
        _read_call(number, call, answer)
    if getattr(message, "refusal", None):
        answer.declined("refusal")
    _read_stop(choice, answer)
    _read_usage(reply, answer)


def read_chunk(chunk: Any, answer: Answer) -> Iterator[Delta]:
    """Take a piece of a stream, and give its text."""
    answer.left()
    _raise_error_in(chunk, answer)
    _read_head(chunk, answer)
    choice = _first(chunk)
    delta = getattr(choice, "delta", None)
    if delta is not None:
        yield from answer.add(_text_of(getattr(delta, "content", None)) or "")
        for call in _list(getattr(delta, "tool_calls", None)):
            _read_call(_key(call, answer), call, answer)
        if getattr(delta, "refusal", None):
            answer.declined("refusal")
    if choice is not None:
        _read_stop(choice, answer)
    _read_usage(chunk, answer)


def error_in(provider: str, body: object, message: str) -> NodeError:
    """Return the error for one that came as an event, or inside of a 200."""
    known = body if isinstance(body, dict) else {}
    # OpenAI has a code in words; some gateways a status as `code`; others only a `type`.
    kinds = [known.get("code"), known.get("type")]
    kind = kinds[0] if isinstance(kinds[0], int) else " ".join(str(kind) for kind in kinds if kind)
    return of_kind(provider, kind, str(known.get("message") or message))


def _raise_error_in(reply: Any, answer: Answer) -> None:
    error = getattr(reply, "error", None)
    if error:
        raise error_in(answer.provider, error if isinstance(error, dict) else {}, str(error)[:500])


def _read_head(reply: Any, answer: Answer) -> None:
    answer.model = str(getattr(reply, "model", None) or answer.model)
    answer.response_id = str(getattr(reply, "id", None) or answer.response_id)


def _read_stop(choice: Any, answer: Answer) -> None:
    reason = getattr(choice, "finish_reason", None)
    if reason == "content_filter":
        answer.declined(reason)
    if reason:
        answer.stopped(_STOPS.get(reason, str(reason)))


def _read_usage(reply: Any, answer: Answer) -> None:
    usage = getattr(reply, "usage", None)
    given, written = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    total = getattr(usage, "total_tokens", None)
    if isinstance(given, int) and isinstance(written, int):
        # Gemini leaves its reasoning out of the completion's tokens, and has it in the total.
        written = max(written, total - given) if isinstance(total, int) else written
        details = getattr(usage, "prompt_tokens_details", None)
        cached, kept = getattr(details, "cached_tokens", None), getattr(details, "cache_write_tokens", None)
        answer.used(given, written, cached, kept)


def _read_call(key: object, call: Any, answer: Answer) -> None:
    function = getattr(call, "function", None)
    extra = getattr(call, "extra_content", None)
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    answer.call(
        key,
        id=str(getattr(call, "id", None) or ""),
        name=str(getattr(function, "name", None) or ""),
        arguments=str(getattr(function, "arguments", None) or ""),
        signature=str(signature or ""),
    )


def _key(call: Any, answer: Answer) -> object:
    """Return what tells one call of a stream from another: its index, and its id where several have the same index."""
    index = getattr(call, "index", None)
    return answer.key_of_call(index if isinstance(index, int) else 0, str(getattr(call, "id", None) or ""))


def _first(reply: Any) -> Any:
    choices = _list(getattr(reply, "choices", None))
    return choices[0] if choices else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text_of(content: Any) -> str | None:
    """Return text that came as text, as parts, or not at all; None if it is something else."""
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else None for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else None
