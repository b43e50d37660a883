"""What the model server answers beside completions: embeddings of every protocol, and token counts."""

from typing import Any

COUNTED = 1234
"""What every conversation counts, unless it says `please-uncountable`."""

Plain = tuple[int, dict[str, str], Any]


def answer(path: str, body: dict[str, Any]) -> Plain | None:
    """Return the answer, None if the path is none of these."""
    if path.endswith("/embeddings"):
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        return _refusal_in(texts, path) or _openai_embeddings(texts, body)
    if path.endswith("/count_tokens"):
        return 200, {}, {"input_tokens": COUNTED}
    if path.endswith("/count-tokens"):
        if "please-uncountable" in str(body):
            return 400, {"x-amzn-errortype": "ValidationException"}, {"message": "The model does not count tokens."}
        return 200, {}, {"inputTokens": COUNTED}
    if path.endswith("/invoke"):
        texts = body["texts"] if "texts" in body else [body["inputText"]]
        return _refusal_in(texts, path) or _invoke(texts, body)
    return None


def vector_of(text: str, dimensions: int) -> list[float]:
    """Return the vector that stands for a text: the same every time, different for different lengths."""
    return [round((len(text) + place) / (dimensions * 10), 6) for place in range(dimensions)]


def _openai_embeddings(texts: list[str], body: dict[str, Any]) -> Plain:
    size = body.get("dimensions") or 8
    data = [
        {"object": "embedding", "index": index, "embedding": vector_of(text, size)} for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 5 * len(texts), "total_tokens": 5 * len(texts)}
    return 200, {}, {"object": "list", "data": data, "model": body["model"], "usage": usage}


def _invoke(texts: list[str], body: dict[str, Any]) -> Plain:
    if "inputText" in body:
        vector = vector_of(texts[0], body.get("dimensions") or 8)
        return 200, {}, {"embedding": vector, "inputTextTokenCount": 5}
    vectors = [vector_of(text, body.get("output_dimension") or 8) for text in texts]
    found: Any = {"float": vectors} if "embedding_types" in body else vectors
    headers = {"x-amzn-bedrock-input-token-count": str(5 * len(texts))}
    return 200, headers, {"id": "e", "response_type": "embeddings_floats", "embeddings": found, "texts": texts}


def _refusal_in(texts: list[str], path: str) -> Plain | None:
    if not any("please-429" in text for text in texts):
        return None
    if path.endswith("/invoke"):
        return 429, {"x-amzn-errortype": "ThrottlingException", "retry-after": "7"}, {"message": "Too many requests"}
    return 429, {"retry-after": "7"}, {"error": {"message": "Rate limit reached", "type": "x", "code": "rate_limit"}}
