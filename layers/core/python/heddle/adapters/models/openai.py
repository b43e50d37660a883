"""OpenAI, Azure OpenAI, Gemini, Ollama, and what else speaks the chat completions API, by the official `openai` SDK.

    ProviderConfig.kind ── Dialect ──► one adapter ──► openai.OpenAI, or openai.AzureOpenAI

The SDK's own retries are off. How they differ is data, see `heddle.adapters.models.openai_messages.DIALECTS`.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from heddle.adapters.models.answer import Answer
from heddle.adapters.models.failures import failure, of_status, unreached, within
from heddle.adapters.models.openai_answers import error_in, read_chunk, read_message
from heddle.adapters.models.openai_messages import DIALECTS, body_of
from heddle.adapters.models.transport import http_client, unreadable, was_sent
from heddle.adapters.nodes.addresses import AddressGuard
from heddle.application.ports.models import Completion, CompletionRequest, Delta, EmbeddingRequest, Embeddings
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError

API_VERSION = "2024-10-21"
"""Of Azure OpenAI, if none is configured."""
DEFAULT_EMBEDDINGS = {
    "openai": "text-embedding-3-small",
    "azure-openai": "text-embedding-3-small",
    "gemini": "gemini-embedding-001",
    "ollama": "nomic-embed-text",
}


class OpenAIProvider:
    """Asks a model by the chat completions API."""

    def __init__(self, config: ProviderConfig, key: str | None, *, guard: AddressGuard | None = None) -> None:
        """Take how the provider is reached, and its key; with `guard` only at checked addresses."""
        self._name, self._kind = config.name, config.kind
        self._dialect = DIALECTS[config.kind]
        self._model = config.default_model or self._dialect.default_model
        self._client = _client(self, config, key, guard) if key or self._dialect.keyless else None

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, see `ModelProvider`."""
        answer = self._answer(request)
        with answer.interruptions(self._translated):
            read_message(self._create(request, answer), answer)
        return answer.completion()

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        """Ask once and give the text as it comes, see `ModelProvider`."""
        answer = self._answer(request)
        with answer.interruptions(self._translated):
            chunks = self._create(request, answer, stream=True, stream_options={"include_usage": True})
            with closing(chunks):
                for chunk in chunks:
                    yield from read_chunk(chunk, answer)
        yield answer.completion()

    def input_tokens(self, request: CompletionRequest) -> int | None:
        """Return None: the chat completions API does not count."""
        return None

    def embed(self, request: EmbeddingRequest) -> Embeddings:
        """Embed all texts in one call, see `EmbeddingProvider`."""
        model = self._known(request.model or DEFAULT_EMBEDDINGS.get(self._kind, ""))
        with within(self._translated):
            reply: Any = self._ready().embeddings.create(
                model=model,
                input=list(request.texts),
                # The SDK asks for base64 by itself, which not every server speaks.
                encoding_format="float",
                dimensions=openai.omit if request.dimensions is None else request.dimensions,
                timeout=request.timeout,
            )
            return self._embeddings(reply, model, request)

    def _answer(self, request: CompletionRequest) -> Answer:
        self._ready()
        return Answer(self._name, self._known(request.model or self._model), request)

    def _known(self, model: str) -> str:
        if not model:
            raise failure("llm_bad_request", self._name, "no model is named, and the provider has no default_model")
        return model

    def _ready(self) -> openai.OpenAI:
        if self._client is None:
            raise failure("llm_auth", self._name, "there is no API key")
        return self._client

    def _create(self, request: CompletionRequest, answer: Answer, **more: Any) -> Any:
        traced = self._dialect.traced and request.correlation_id
        return self._ready().chat.completions.create(
            **body_of(request, answer.model, self._dialect),
            **more,
            timeout=request.timeout,
            extra_headers={"X-Client-Request-Id": request.correlation_id} if traced else None,
        )

    def _embeddings(self, reply: Any, model: str, request: EmbeddingRequest) -> Embeddings:
        entries = reply.data if isinstance(getattr(reply, "data", None), list) else []
        vectors = [getattr(entry, "embedding", None) for entry in entries]
        if len(vectors) != len(request.texts) or not all(isinstance(vector, list) for vector in vectors):
            raise failure("llm_bad_response", self._name, "the answer does not hold a vector for each text")
        tokens = getattr(getattr(reply, "usage", None), "prompt_tokens", None)
        known = isinstance(tokens, int) and tokens > 0
        return Embeddings(
            vectors=tuple(tuple(float(number) for number in vector or ()) for vector in vectors),
            model=model,
            provider=self._name,
            input_tokens=tokens if known and tokens else sum(len(text.encode()) for text in request.texts) // 3 + 1,
            usage_estimated=not known,
        )

    def _translated(self, error: Exception) -> NodeError | None:
        name = self._name
        if isinstance(error, NodeError):  # of the guard, when it connects
            return failure("llm_bad_request", name, f"base_url: {error.message}")
        if isinstance(error, openai.APIStatusError):
            message = f"{error.code or ''} {error.message}"
            return of_status(name, error.status_code, message, error.response.headers)
        if isinstance(error, UnicodeEncodeError):
            return failure("llm_bad_request", name, "the request holds text that is not Unicode")
        if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
            return failure("llm_timeout", name, "no answer in time", sent=was_sent(error))
        if isinstance(error, openai.APIConnectionError | httpx2.RequestError) and unreadable(error):
            return failure("llm_bad_response", name, "the answer could not be read")
        if isinstance(error, openai.APIConnectionError | httpx2.TransportError):
            return unreached(name, sent=was_sent(error))
        if isinstance(error, openai.APIError) and type(error) is openai.APIError:
            return error_in(name, error.body, error.message)
        if isinstance(error, openai.OpenAIError | httpx2.HTTPError | ValueError):
            # ValueError: the SDK lets the JSON decoder's error through.
            return failure("llm_bad_response", name, "the answer could not be read")
        return None


def _client(owner: object, config: ProviderConfig, key: str | None, guard: AddressGuard | None) -> openai.OpenAI:
    base_url = config.base_url or DIALECTS[config.kind].base_url
    if not base_url:
        raise failure("llm_bad_request", config.name, f"a provider of kind {config.kind} needs a base_url")
    # Never empty, or the SDK would take the function's own key from its environment.
    credential = key or "none"
    http = http_client(owner, guard, key)
    if config.kind == "azure-openai":
        return openai.AzureOpenAI(
            api_key=credential,
            azure_endpoint=base_url,
            api_version=config.api_version or API_VERSION,
            max_retries=0,
            http_client=http,
        )
    if config.kind == "ollama" and urlsplit(base_url).path in ("", "/"):
        base_url = f"{base_url.rstrip('/')}/v1"
    headers = {"Authorization": f"Bearer {credential}"}
    return openai.OpenAI(
        api_key=credential, base_url=base_url, max_retries=0, http_client=http, default_headers=headers
    )
