"""Embeddings on Bedrock: Titan takes one text a call, Cohere up to 96."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from heddle.adapters.models.failures import failure
from heddle.application.ports.models import EmbeddingRequest, Embeddings

DEFAULT_MODEL = "amazon.titan-embed-text-v2:0"
_AT_ONCE = 8
_COUNT = "x-amzn-bedrock-input-token-count"

Invoke = Callable[[dict[str, Any]], dict[str, Any]]
"""Sends a body to the model and gives the reply of `invoke_model`."""


def embed(request: EmbeddingRequest, model: str, provider: str, invoke: Invoke) -> Embeddings:
    """Return the vectors. Raises NodeError `llm_bad_request` for a family that this does not know."""
    if "titan-embed" in model:
        vectors, tokens = _titan(request, model, provider, invoke)
    elif "cohere.embed" in model:
        vectors, tokens = _cohere(request, model, provider, invoke)
    else:
        raise failure("llm_bad_request", provider, f"{model} is no embedding model of Titan or Cohere")
    estimate = sum(len(text.encode()) for text in request.texts) // 3 + 1
    return Embeddings(
        vectors=tuple(vectors),
        model=model,
        provider=provider,
        input_tokens=estimate if tokens is None else tokens,
        usage_estimated=tokens is None,
    )


def _titan(
    request: EmbeddingRequest, model: str, provider: str, invoke: Invoke
) -> tuple[list[tuple[float, ...]], int | None]:
    more: dict[str, Any] = {"normalize": True} if "v2" in model else {}
    if request.dimensions is not None:
        more["dimensions"] = request.dimensions

    def one(text: str) -> dict[str, Any]:
        return _read(invoke({"inputText": text, **more}), provider)

    if len(request.texts) == 1:
        replies = [one(request.texts[0])]
    else:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            replies = list(pool.map(one, request.texts))
    vectors = [_vector(reply.get("embedding"), provider) for reply in replies]
    counts = [count for reply in replies if isinstance(count := reply.get("inputTextTokenCount"), int)]
    return vectors, sum(counts) if len(counts) == len(replies) else None


def _cohere(
    request: EmbeddingRequest, model: str, provider: str, invoke: Invoke
) -> tuple[list[tuple[float, ...]], int | None]:
    body: dict[str, Any] = {"texts": list(request.texts), "input_type": f"search_{request.purpose}"}
    if request.dimensions is not None:
        body |= {"output_dimension": request.dimensions, "embedding_types": ["float"]}
    reply = invoke(body)
    found = _read(reply, provider).get("embeddings")
    found = found.get("float") if isinstance(found, dict) else found
    if not isinstance(found, list) or len(found) != len(request.texts):
        raise failure("llm_bad_response", provider, "the answer does not hold a vector for each text")
    count = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(_COUNT, "")
    return [_vector(vector, provider) for vector in found], int(count) if count.isdecimal() else None


def _read(reply: dict[str, Any], provider: str) -> dict[str, Any]:
    try:
        value = json.loads(reply["body"].read())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise failure("llm_bad_response", provider, "the answer could not be read")
    return value


def _vector(value: Any, provider: str) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise failure("llm_bad_response", provider, "the answer does not hold a vector for each text")
    return tuple(float(number) for number in value)
