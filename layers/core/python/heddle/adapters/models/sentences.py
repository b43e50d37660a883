"""Cutting text into sentences, and finding the central ones: LexRank on word overlap, without data files.

Method: Erkan and Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization" (JAIR 22, 2004).
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9À-ÖØ-Þ])|(?<=[。！？])|\n{2,}")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|cf|al|Fig|No|approx|Inc|Ltd|Co|Jr|Sr)|\b[A-Z])\.$"
)
_SPACE = re.compile(r"\s+")
_DAMPING = 0.85
_ROUNDS = 20


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each on one line; headings and list items count as sentences."""
    found: list[str] = []
    for piece in _END.split(text):
        flat = _SPACE.sub(" ", piece).strip()
        if flat and found and _ABBREVIATION.search(found[-1]) and len(found[-1]) < 300:
            found[-1] = f"{found[-1]} {flat}"
        elif flat:
            found.append(flat)
    return found


def vectors(texts: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    """Return each text's words with their tf-idf weights, of length 1."""
    counts = [Counter(text) for text in texts]
    frequency = Counter(word for count in counts for word in count)
    result = []
    for count in counts:
        weights = {word: times * math.log(1 + len(texts) / frequency[word]) for word, times in sorted(count.items())}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        result.append({word: weight / length for word, weight in weights.items()})
    return result


def similarity(one: dict[str, float], other: dict[str, float]) -> float:
    """Return the cosine of two vectors of length 1."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[word] for word, weight in one.items() if word in other)


def centrality(weights: Sequence[dict[str, float]]) -> list[float]:
    """Return how central each sentence is among all, from 0 to 1: central is what central ones resemble."""
    count = len(weights)
    if count == 0:
        return []
    having: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for index, vector in enumerate(weights):
        for word, weight in vector.items():
            having[word].append((index, weight))
    neighbours: list[dict[int, float]] = [defaultdict(float) for _ in weights]
    for entries in having.values():
        for index, weight in entries:
            for other, other_weight in entries:
                if other != index:
                    neighbours[index][other] += weight * other_weight
    totals = [sum(near.values()) or 1.0 for near in neighbours]
    ranks = [1.0 / count] * count
    for _ in range(_ROUNDS):
        following = [(1 - _DAMPING) / count] * count
        for index, near in enumerate(neighbours):
            for other, weight in near.items():
                following[other] += _DAMPING * ranks[index] * weight / totals[index]
        ranks = following
    highest = max(ranks)
    return [rank / highest for rank in ranks]
