"""Embeddings without a model: words and parts of words, hashed into a vector (feature hashing).

They are lexical: texts with the same words, or words with the same stem, are near each other; a synonym is far away.
Method: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (ICML 2009).
"""

import math
from collections import Counter
from hashlib import blake2b

from heddle.adapters.models.failures import failure
from heddle.application.ports.models import EmbeddingRequest, Embeddings
from heddle.domain.nodes.relevance import words

MODEL = "hashed-1"
DIMENSIONS = 256
_LEAST, _MOST = 8, 4096
_GRAM = 4
_GRAM_SHARE = 0.5
_CHARS_PER_TOKEN = 4


def embed(request: EmbeddingRequest, provider: str) -> Embeddings:
    """Return a vector of length 1 for each text, the same every time; a text without words gives all zeros."""
    dimensions = DIMENSIONS if request.dimensions is None else request.dimensions
    if not _LEAST <= dimensions <= _MOST:
        raise failure("llm_bad_request", provider, f"dimensions must be from {_LEAST} to {_MOST}")
    return Embeddings(
        vectors=tuple(_vector(text, dimensions) for text in request.texts),
        model=MODEL,
        provider=provider,
        input_tokens=sum(len(text) for text in request.texts) // _CHARS_PER_TOKEN,
        cost_usd="0",
        details={"lexical": True},
    )


def _vector(text: str, dimensions: int) -> tuple[float, ...]:
    vector = [0.0] * dimensions
    for word, times in Counter(words(text)).items():
        # A word that is there ten times does not say ten times as much.
        weight = 1.0 + math.log(times)
        _put(vector, f"w {word}", weight)
        padded = f"<{word}>"
        grams = [padded[start : start + _GRAM] for start in range(len(padded) - _GRAM + 1)]
        for gram in grams:
            _put(vector, f"g {gram}", weight * _GRAM_SHARE / math.sqrt(len(grams)))
    length = math.sqrt(sum(value * value for value in vector))
    return tuple(value / length for value in vector) if length else tuple(vector)


def _put(vector: list[float], feature: str, weight: float) -> None:
    """Add the weight where the hash says, with the sign that the hash says: what collides cancels out on average."""
    hashed = int.from_bytes(blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    vector[(hashed >> 1) % len(vector)] += weight if hashed & 1 else -weight
