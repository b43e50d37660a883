"""Amazon Bedrock, by the Converse API of boto3: one shape for every model there.

boto3 knows no deadline for a whole call, so before each event of a stream the socket is told how long it may take.
"""

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    HTTPClientError,
    InvalidEndpointConfigurationError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as SlowError

from heddle.adapters.models.answer import Answer
from heddle.adapters.models.bedrock_answers import read_event, read_message
from heddle.adapters.models.bedrock_embeddings import DEFAULT_MODEL as DEFAULT_EMBEDDINGS
from heddle.adapters.models.bedrock_embeddings import embed
from heddle.adapters.models.bedrock_messages import body_of, conversation_of
from heddle.adapters.models.failures import failure, of_status, retry_after, unreached, within
from heddle.application.ports.models import Completion, CompletionRequest, Delta, EmbeddingRequest, Embeddings
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError

DEFAULT_MODEL = "amazon.nova-lite-v1:0"
# Bedrock says what happened by name; the names that its status alone would misread.
_CODES = {
    "ThrottlingException": "llm_rate_limited",
    "ServiceQuotaExceededException": "llm_quota_exceeded",
    "ModelTimeoutException": "llm_timeout",
    "ModelNotReadyException": "llm_unavailable",
    "ModelErrorException": "llm_unavailable",
    "ModelStreamErrorException": "llm_unavailable",
    "InternalServerException": "llm_unavailable",
    "ServiceUnavailableException": "llm_unavailable",
    "AccessDeniedException": "llm_auth",
    "UnrecognizedClientException": "llm_auth",
    "ExpiredTokenException": "llm_auth",
    "InvalidSignatureException": "llm_auth",
}
_COUNT_SECONDS = 10.0
_making = threading.Lock()


class BedrockProvider:
    """Asks a model on Bedrock with the credentials of the function's role."""

    def __init__(self, config: ProviderConfig, *, endpoint: str | None = None) -> None:
        """Take region, inference profiles and guardrail; credentials and endpoint are boto3's own business."""
        self._config, self._name = config, config.name
        self._model = config.default_model or DEFAULT_MODEL
        self._client = lru_cache(maxsize=8)(lambda timeout: _client(config.region, endpoint, timeout))
        self._uncounted: set[str] = set()

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, see `ModelProvider`."""
        answer = Answer(self._name, request.model or self._model, request)
        with answer.interruptions(self._translated):
            reply = self._ready(request.timeout).converse(**self._arguments(request, answer))
            answer.response_id = reply.get("ResponseMetadata", {}).get("RequestId", "")
            read_message(reply, answer)
        return answer.completion()

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        """Ask once and give the text as it comes, see `ModelProvider`."""
        answer = Answer(self._name, request.model or self._model, request)
        with answer.interruptions(self._translated):
            reply = self._ready(request.timeout).converse_stream(**self._arguments(request, answer))
            answer.response_id = reply.get("ResponseMetadata", {}).get("RequestId", "")
            with closing(reply["stream"]) as events:
                hasten = _clock_of(events)
                hasten(answer.left())
                for event in events:
                    yield from read_event(event, answer)
                    hasten(answer.left())
        yield answer.completion()

    def input_tokens(self, request: CompletionRequest) -> int | None:
        """Return the input tokens as Bedrock counts them, for models where it does; see `ModelProvider`."""
        model = request.model or self._model
        if model in self._uncounted:
            return None
        try:
            conversation = conversation_of(request, model, self._name)
            client = self._ready(min(request.timeout, _COUNT_SECONDS))
            counted = client.count_tokens(modelId=model, input={"converse": conversation}).get("inputTokens")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("ValidationException", "AccessDeniedException"):
                self._uncounted.add(model)  # the next request need not ask again
            return None
        except (BotoCoreError, NodeError, HTTPError):
            return None
        return counted if isinstance(counted, int) else None

    def embed(self, request: EmbeddingRequest) -> Embeddings:
        """Embed with Titan or Cohere, see `EmbeddingProvider`."""
        model = request.model or DEFAULT_EMBEDDINGS
        client = self._ready(request.timeout)

        def invoke(body: dict[str, Any]) -> dict[str, Any]:
            reply: dict[str, Any] = client.invoke_model(
                modelId=self._config.profiles.get(model, model),
                body=json.dumps(body),
                contentType="application/json",
                accept="application/json",
            )
            return reply

        with within(self._translated):
            return embed(request, model, self._name, invoke)

    def _ready(self, timeout: float) -> Any:
        return self._client(_shared(timeout))

    def _arguments(self, request: CompletionRequest, answer: Answer) -> dict[str, Any]:
        model = answer.model
        return {
            "modelId": self._config.profiles.get(model, model),
            **body_of(request, model, self._config),
        }

    def _translated(self, error: Exception) -> NodeError | None:
        name = self._name
        if isinstance(error, ClientError):
            return self._refusal(error)
        if isinstance(error, NoCredentialsError | PartialCredentialsError):
            return failure("llm_auth", name, "there are no AWS credentials")
        if isinstance(error, ReadTimeoutError | ConnectTimeoutError | SlowError):
            return failure("llm_timeout", name, "no answer in time", sent=_was_sent(error))
        if isinstance(error, ResponseParserError | ParserError):
            return failure("llm_bad_response", name, "the answer could not be read")
        if isinstance(error, ParamValidationError | InvalidEndpointConfigurationError):
            return failure("llm_bad_request", name, str(error)[:500])
        if isinstance(error, BotoCoreError | HTTPError):
            return unreached(name, sent=_was_sent(error))
        return None

    def _refusal(self, error: ClientError) -> NodeError:
        code = error.response.get("Error", {}).get("Code", "")
        message = error.response.get("Error", {}).get("Message", "")
        metadata = error.response.get("ResponseMetadata", {})
        status, headers = metadata.get("HTTPStatusCode", 500), metadata.get("HTTPHeaders", {})
        code = code[:1].upper() + code[1:]  # events in the middle of a stream begin with a small letter
        if code in _CODES:
            wait = retry_after(headers) if _CODES[code] in ("llm_rate_limited", "llm_unavailable") else None
            return failure(_CODES[code], self._name, code, status=status, retry_after=wait)
        return of_status(self._name, 400 if code == "ValidationException" else status, message, headers)


def _was_sent(error: Exception) -> bool:
    """Return whether a request may have got to Bedrock before the error: not if there was no connection."""
    return isinstance(error, HTTPClientError | HTTPError)


def _clock_of(events: Any) -> Callable[[float], None]:
    """Return what sets the time for the next read; where nothing leads to the socket, the client's timeout holds."""
    connection = getattr(getattr(events, "_raw_stream", None), "connection", None)
    sock = getattr(connection, "sock", None)
    return getattr(sock, "settimeout", lambda seconds: None)


def _shared(timeout: float) -> float:
    """Return a timeout that requests with about as much time left have in common: each has a client of its own.

    At most a second late where it is short, and up to a tenth early where it is long.
    """
    if timeout <= 30:
        return timeout if timeout < 1 else float(math.ceil(timeout))
    step = 3.0 if timeout < 60 else 5.0 if timeout <= 120 else 10.0 if timeout <= 300 else 30.0
    return timeout // step * step


def _client(region: str | None, endpoint: str | None, timeout: float) -> Any:
    # Sessions of boto3 make one client at a time.
    with _making:
        return _made(region, endpoint, timeout)


def _made(region: str | None, endpoint: str | None, timeout: float) -> Any:
    config = Config(connect_timeout=min(timeout, 10.0), read_timeout=timeout, retries={"total_max_attempts": 1})
    return boto3.client("bedrock-runtime", region_name=region, endpoint_url=endpoint, config=config)
