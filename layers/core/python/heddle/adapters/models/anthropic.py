"""Anthropic, by the official SDK's messages API. The SDK's own retries are off."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import anthropic
import httpx2

from heddle.adapters.models.answer import Answer
from heddle.adapters.models.anthropic_answers import Usage, read_event, read_message
from heddle.adapters.models.anthropic_messages import body_of, conversation_of
from heddle.adapters.models.failures import failure, of_kind, of_status, unreached
from heddle.adapters.models.transport import http_client, unreadable, was_sent
from heddle.application.ports.models import Completion, CompletionRequest, Delta, EmbeddingRequest, Embeddings
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError

DEFAULT_MODEL = "claude-haiku-4-5"
BASE_URL = "https://api.anthropic.com"
_COUNT_SECONDS = 10.0


class AnthropicProvider:
    """Asks a model of Anthropic."""

    def __init__(self, config: ProviderConfig, key: str | None) -> None:
        self._name = config.name
        self._model = config.default_model or DEFAULT_MODEL
        self._client = _client(self, config, key) if key else None

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, see `ModelProvider`."""
        answer = self._answer(request)
        with answer.interruptions(self._translated):
            read_message(self._create(request, answer), answer)
        return answer.completion()

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        """Ask once and give the text as it comes, see `ModelProvider`."""
        answer, usage = self._answer(request), Usage()
        with answer.interruptions(self._translated):
            events = self._create(request, answer, stream=True)
            with closing(events):
                for event in events:
                    yield from read_event(event, usage, answer)
        yield answer.completion()

    def input_tokens(self, request: CompletionRequest) -> int | None:
        """Return the input tokens as Anthropic counts them, which is free; see `ModelProvider`."""
        if self._client is None:
            return None
        try:
            conversation = conversation_of(request, request.model or self._model)
            reply: Any = self._client.messages.count_tokens(
                **conversation, timeout=min(request.timeout, _COUNT_SECONDS)
            )
        except (anthropic.AnthropicError, httpx2.HTTPError, ValueError):
            return None
        counted = getattr(reply, "input_tokens", None)
        return counted if isinstance(counted, int) else None

    def embed(self, request: EmbeddingRequest) -> Embeddings:
        """Raise NodeError `llm_bad_request`: Anthropic has no embeddings."""
        raise failure("llm_bad_request", self._name, "Anthropic has no embeddings; name a model of another provider")

    def _answer(self, request: CompletionRequest) -> Answer:
        if self._client is None:
            raise failure("llm_auth", self._name, "there is no API key")
        return Answer(self._name, request.model or self._model, request)

    def _create(self, request: CompletionRequest, answer: Answer, **more: Any) -> Any:
        assert self._client is not None, "_answer has looked"
        return self._client.messages.create(**body_of(request, answer.model), **more, timeout=request.timeout)

    def _translated(self, error: Exception) -> NodeError | None:
        name = self._name
        if isinstance(error, anthropic.APIStatusError):
            if error.status_code < 400:  # an event in the middle of a stream
                return of_kind(name, _kind(error.body), error.message)
            return of_status(name, error.status_code, error.message, error.response.headers)
        if isinstance(error, UnicodeEncodeError):
            return failure("llm_bad_request", name, "the request holds text that is not Unicode")
        if isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException):
            return failure("llm_timeout", name, "no answer in time", sent=was_sent(error))
        if isinstance(error, anthropic.APIConnectionError | httpx2.RequestError) and unreadable(error):
            return failure("llm_bad_response", name, "the answer could not be read")
        if isinstance(error, anthropic.APIConnectionError | httpx2.TransportError):
            return unreached(name, sent=was_sent(error))
        if isinstance(error, anthropic.AnthropicError | httpx2.HTTPError | ValueError):
            # ValueError: the SDK lets the JSON decoder's error through.
            return failure("llm_bad_response", name, "the answer could not be read")
        return None


def _kind(body: object) -> object:
    error = body.get("error") if isinstance(body, dict) else None
    return error.get("type") if isinstance(error, dict) else None


def _client(owner: object, config: ProviderConfig, key: str | None) -> anthropic.Anthropic:
    return anthropic.Anthropic(
        api_key=key, base_url=config.base_url or BASE_URL, max_retries=0, http_client=http_client(owner)
    )
