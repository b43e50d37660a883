"""Anthropic, by the official SDK's messages API. The SDK's own retries are off."""

import os
from typing import Any

import anthropic

from heddle.adapters.models.failures import failure, of_status
from heddle.adapters.models.passages import citations_in, prompt_of, system_of
from heddle.application.ports.models import Completion, CompletionRequest

DEFAULT_MODEL = "claude-haiku-4-5"
_NAME = "anthropic"
_STOPS = {
    "end_turn": "end",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
}


class AnthropicProvider:
    """Asks a model of Anthropic."""

    def __init__(self, *, api_key: str, model: str = DEFAULT_MODEL, base_url: str | None = None) -> None:
        self._model = model
        self._client = anthropic.Anthropic(api_key=api_key, base_url=base_url, max_retries=0) if api_key else None

    @classmethod
    def from_environment(cls, api_key: str | None = None) -> "AnthropicProvider":
        """Read ANTHROPIC_API_KEY (unless there is another key), ANTHROPIC_MODEL and ANTHROPIC_BASE_URL."""
        return cls(
            api_key=os.environ.get("ANTHROPIC_API_KEY", "") if api_key is None else api_key,
            model=os.environ.get("ANTHROPIC_MODEL") or DEFAULT_MODEL,
            base_url=os.environ.get("ANTHROPIC_BASE_URL") or None,
        )

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, see `ModelProvider`."""
        if self._client is None:
            raise failure("llm_auth", _NAME, "there is no API key")
        model = request.model or self._model
        try:
            reply = self._client.messages.create(
                model=model,
                max_tokens=request.max_tokens,
                messages=[{"role": "user", "content": prompt_of(request)}],
                system=system_of(request) or anthropic.omit,
                # The newest models take no temperature and the SDK dropped the parameter; the older ones still do.
                extra_body=None if request.temperature is None else {"temperature": min(request.temperature, 1.0)},
                timeout=request.timeout,
            )
        except anthropic.APIStatusError as error:
            raise of_status(_NAME, error.status_code, error.message, error.response.headers) from error
        except anthropic.APITimeoutError as error:
            raise failure("llm_timeout", _NAME, "no answer in time") from error
        except anthropic.APIConnectionError as error:
            raise failure("llm_unavailable", _NAME, "cannot be reached") from error
        except (anthropic.AnthropicError, ValueError) as error:
            # ValueError: the SDK lets the JSON decoder's error through.
            raise failure("llm_bad_response", _NAME, "the answer could not be read") from error
        return _completion(reply, model, request)


def _completion(reply: Any, model: str, request: CompletionRequest) -> Completion:
    """Read the answer with suspicion: the SDK does not check its shape."""
    content = getattr(reply, "content", None)
    stop = getattr(reply, "stop_reason", None)
    if not isinstance(content, list) or stop is None:
        raise failure("llm_bad_response", _NAME, "the answer holds no message")
    if stop == "refusal":
        raise failure("llm_refused", _NAME, "the model declined", stop_reason=stop)
    text = "".join(str(block.text) for block in content if getattr(block, "type", None) == "text")
    usage = getattr(reply, "usage", None)
    return Completion(
        text=text,
        model=str(getattr(reply, "model", None) or model),
        provider=_NAME,
        stop_reason=_STOPS.get(stop, str(stop)),
        input_tokens=getattr(usage, "input_tokens", None) or 0,
        output_tokens=getattr(usage, "output_tokens", None) or 0,
        citations=citations_in(text, request.context),
    )
