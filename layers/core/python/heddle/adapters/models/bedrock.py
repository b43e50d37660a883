"""Amazon Bedrock, by the Converse API of boto3: one shape for every model there."""

import math
import os
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from heddle.adapters.models.failures import failure, of_status, retry_after
from heddle.adapters.models.passages import citations_in, prompt_of, system_of
from heddle.application.ports.models import Completion, CompletionRequest
from heddle.errors import NodeError

DEFAULT_MODEL = "amazon.nova-lite-v1:0"
_NAME = "bedrock"
_STOPS = {"end_turn": "end", "max_tokens": "max_tokens", "stop_sequence": "stop_sequence", "tool_use": "tool_use"}
_DECLINED = frozenset({"guardrail_intervened", "content_filtered"})
# Bedrock says what happened by name; the names that its status alone would misread.
_CODES = {
    "ThrottlingException": "llm_rate_limited",
    "ServiceQuotaExceededException": "llm_quota_exceeded",
    "ModelTimeoutException": "llm_timeout",
    "ModelNotReadyException": "llm_unavailable",
    "ModelErrorException": "llm_unavailable",
    "AccessDeniedException": "llm_auth",
    "UnrecognizedClientException": "llm_auth",
    "ExpiredTokenException": "llm_auth",
    "InvalidSignatureException": "llm_auth",
}


class BedrockProvider:
    """Asks a model on Bedrock with the credentials of the function's role."""

    def __init__(self, *, model: str = DEFAULT_MODEL, region: str | None = None, endpoint: str | None = None) -> None:
        self._model = model
        self._client = lru_cache(maxsize=8)(lambda timeout: _client(region, endpoint, timeout))

    @classmethod
    def from_environment(cls) -> "BedrockProvider":
        """Read BEDROCK_MODEL_ID; region, credentials and endpoint are boto3's own business."""
        return cls(model=os.environ.get("BEDROCK_MODEL_ID") or DEFAULT_MODEL)

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, see `ModelProvider`."""
        model = request.model or self._model
        settings: dict[str, Any] = {"maxTokens": request.max_tokens}
        if request.temperature is not None:
            settings["temperature"] = min(request.temperature, 1.0)
        arguments: dict[str, Any] = {
            "modelId": model,
            "messages": [{"role": "user", "content": [{"text": prompt_of(request)}]}],
            "inferenceConfig": settings,
        }
        if system := system_of(request):
            arguments["system"] = [{"text": system}]
        try:
            # Whole seconds, so that attempts with almost the same time left share a client.
            timeout = request.timeout if request.timeout < 1 else float(math.ceil(request.timeout))
            reply = self._client(timeout).converse(**arguments)
        except ClientError as error:
            raise _refusal(error) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise failure("llm_auth", _NAME, "there are no AWS credentials") from error
        except (ReadTimeoutError, ConnectTimeoutError) as error:
            raise failure("llm_timeout", _NAME, "no answer in time") from error
        except ResponseParserError as error:
            raise failure("llm_bad_response", _NAME, "the answer could not be read") from error
        except BotoCoreError as error:
            raise failure("llm_unavailable", _NAME, "cannot be reached") from error
        return _completion(reply, model, request)


def _client(region: str | None, endpoint: str | None, timeout: float) -> Any:
    config = Config(connect_timeout=min(timeout, 10.0), read_timeout=timeout, retries={"total_max_attempts": 1})
    return boto3.client("bedrock-runtime", region_name=region, endpoint_url=endpoint, config=config)


def _refusal(error: ClientError) -> NodeError:
    name = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    metadata = error.response.get("ResponseMetadata", {})
    status, headers = metadata.get("HTTPStatusCode", 500), metadata.get("HTTPHeaders", {})
    if name in _CODES:
        wait = retry_after(headers) if _CODES[name] == "llm_rate_limited" else None
        return failure(_CODES[name], _NAME, name, status=status, retry_after=wait)
    return of_status(_NAME, status, message, headers)


def _completion(reply: dict[str, Any], model: str, request: CompletionRequest) -> Completion:
    message = (reply.get("output") or {}).get("message")
    stop = reply.get("stopReason")
    if stop in _DECLINED:
        raise failure("llm_refused", _NAME, "a guardrail or content filter declined", stop_reason=stop)
    if message is None or stop is None:
        raise failure("llm_bad_response", _NAME, "the answer holds no message")
    text = "".join(block["text"] for block in message.get("content") or [] if "text" in block)
    usage = reply.get("usage") or {}
    return Completion(
        text=text,
        model=model,
        provider=_NAME,
        stop_reason=_STOPS.get(stop, stop),
        input_tokens=usage.get("inputTokens", 0),
        output_tokens=usage.get("outputTokens", 0),
        citations=citations_in(text, request.context),
    )
