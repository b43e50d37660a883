"""How relevant texts are to a question, by the words they share (BM25). Pure, deterministic, no data files.

Formula: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), k1 = 1.2, b = 0.75,
with the idf of Lucene, ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

K1 = 1.2
B = 0.75

# Scripts that write no spaces are taken character by character: one character says about as much as a short word.
_SPACELESS = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_SUFFIXES = ("ations", "ation", "ingly", "edly", "ments", "ment", "ness", "ings", "ing", "ies", "ied", "es", "ed", "ly")
STOP_WORDS = frozenset(
    _WORD.findall(
        "a about after all also am an and any are as at be because been before being both but by can could did do does "
        "doing down during each few for from further had has have having he her here hers him his how i if in into is "
        "it its itself just me more most my no nor not now of off on once only or other our out over own same she "
        "should so some such than that the their them then there these they this those through to too under until up "
        "very was we were what when where which while who whom why will with would you your"
    )
)


def words(text: str) -> list[str]:
    """Return the words that carry meaning, in lower case, without their commonest English endings."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]


def _stem(word: str) -> str:
    """Cut one ending, so that `costs`, `cost` and `costing` meet; short words stay as they are."""
    if len(word) < 5 or not word.isascii():
        return word[:-1] if len(word) == 4 and word.endswith("s") and not word.endswith("ss") else word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word[:-1] if word.endswith(("s", "e")) and not word.endswith("ss") else word


def relevance(query: str, texts: Sequence[str]) -> list[float]:
    """Return a score per text: 0 if it shares no word with the query, and the higher the more relevant it is."""
    return relevance_of_words(words(query), [words(text) for text in texts])


def relevance_of_words(query: Sequence[str], texts: Sequence[Sequence[str]]) -> list[float]:
    """Return the scores for texts that have been cut into words."""
    counts = [Counter(text) for text in texts]
    mean = sum(map(len, texts)) / len(texts) if texts else 0.0
    scores = [0.0] * len(texts)
    for word in sorted(set(query)):
        having = [(index, count[word]) for index, count in enumerate(counts) if word in count]
        idf = math.log(1 + (len(texts) - len(having) + 0.5) / (len(having) + 0.5))
        for index, times in having:
            length = 1 - B + B * len(texts[index]) / mean
            scores[index] += idf * times * (K1 + 1) / (times + K1 * length)
    return scores
