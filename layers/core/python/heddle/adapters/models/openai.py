"""OpenAI, and what speaks its chat completions API, by the official SDK. The SDK's own retries are off."""

import os
from typing import Any

import openai

from heddle.adapters.models.failures import failure, of_status
from heddle.adapters.models.passages import citations_in, prompt_of, system_of
from heddle.application.ports.models import Completion, CompletionRequest

DEFAULT_MODEL = "gpt-5-mini"
_NAME = "openai"
_STOPS = {"stop": "end", "length": "max_tokens", "tool_calls": "tool_use", "function_call": "tool_use"}


class OpenAIProvider:
    """Asks a model of OpenAI."""

    def __init__(self, *, api_key: str, model: str = DEFAULT_MODEL, base_url: str | None = None) -> None:
        self._model = model
        self._client = openai.OpenAI(api_key=api_key, base_url=base_url, max_retries=0) if api_key else None

    @classmethod
    def from_environment(cls, api_key: str | None = None) -> "OpenAIProvider":
        """Read OPENAI_API_KEY (unless there is another key), OPENAI_MODEL and OPENAI_BASE_URL."""
        return cls(
            api_key=os.environ.get("OPENAI_API_KEY", "") if api_key is None else api_key,
            model=os.environ.get("OPENAI_MODEL") or DEFAULT_MODEL,
            base_url=os.environ.get("OPENAI_BASE_URL") or None,
        )

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, see `ModelProvider`."""
        if self._client is None:
            raise failure("llm_auth", _NAME, "there is no API key")
        model = request.model or self._model
        messages: list[Any] = [{"role": "user", "content": prompt_of(request)}]
        if system := system_of(request):
            messages.insert(0, {"role": "system", "content": system})
        try:
            reply = self._client.chat.completions.create(
                model=model,
                messages=messages,
                max_completion_tokens=request.max_tokens,
                temperature=openai.omit if request.temperature is None else request.temperature,
                timeout=request.timeout,
                extra_headers={"X-Client-Request-Id": request.correlation_id} if request.correlation_id else None,
            )
        except openai.APIStatusError as error:
            raise of_status(
                _NAME, error.status_code, f"{error.code or ''} {error.message}", error.response.headers
            ) from error
        except openai.APITimeoutError as error:
            raise failure("llm_timeout", _NAME, "no answer in time") from error
        except openai.APIConnectionError as error:
            raise failure("llm_unavailable", _NAME, "cannot be reached") from error
        except (openai.OpenAIError, ValueError) as error:
            # ValueError: the SDK lets the JSON decoder's error through.
            raise failure("llm_bad_response", _NAME, "the answer could not be read") from error
        return _completion(reply, model, request)


def _completion(reply: Any, model: str, request: CompletionRequest) -> Completion:
    """Read the answer with suspicion: the SDK does not check its shape."""
    choices: Any = getattr(reply, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    if message is None or not isinstance(getattr(message, "content", None), str | None):
        raise failure("llm_bad_response", _NAME, "the answer holds no message")
    stop = choices[0].finish_reason
    if getattr(message, "refusal", None) or stop == "content_filter":
        raise failure("llm_refused", _NAME, "the model or a content filter declined", stop_reason=stop)
    text = message.content or ""
    usage = getattr(reply, "usage", None)
    return Completion(
        text=text,
        model=str(getattr(reply, "model", None) or model),
        provider=_NAME,
        stop_reason=_STOPS.get(stop, str(stop)),
        input_tokens=getattr(usage, "prompt_tokens", None) or 0,
        output_tokens=getattr(usage, "completion_tokens", None) or 0,
        citations=citations_in(text, request.context),
    )
