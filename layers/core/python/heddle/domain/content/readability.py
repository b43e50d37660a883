"""How easily a text reads: the Flesch formula of its language where there is one, LIX where letters are an alphabet.

Flesch (1948) for English; Amstad (1978) German; Kandel and Moles (1958) French; Fernández Huerta (1959) Spanish;
Franchina and Vacca (1972) Italian; Douma (1960) Dutch. LIX: Björnsson (1968). Grade: Flesch and Kincaid (1975).
"""

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from heddle.domain.content.text import Text

# (constant, per word of a sentence, per syllable of a word)
_FLESCH = {
    "en": (206.835, 1.015, 84.6),
    "de": (180.0, 1.0, 58.5),
    "fr": (207.0, 1.015, 73.6),
    "es": (206.84, 1.02, 60.0),
    "it": (217.0, 1.3, 60.0),
    "nl": (206.84, 0.93, 77.0),
}
_VOWELS = re.compile("[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœ]+")
_LONG = 6


def readability_of(text: Text) -> dict[str, Any]:
    """Return score (0 hard to 1 easy), the formulas behind it, and the counts they are made of.

    `flesch` and `grade` are None for a language without such a formula; the score is then made of LIX, or of the
    length of sentences where words are single characters.
    """
    counts = Counter(text.lower)
    words, sentences = len(text.lower), max(1, len(text.sentences))
    per_sentence = words / sentences
    spaced = text.spaceless * 2 < words or not words
    long_share = sum([n for word, n in counts.items() if len(word) > _LONG]) / max(1, words)
    lix = per_sentence + 100 * long_share
    flesch = grade = None
    syllables = complex_words = 0
    if text.language in _FLESCH and words:
        for word, count in counts.items():
            number = _syllables(word)
            syllables += number * count
            complex_words += count if number > 2 else 0
        constant, by_words, by_syllables = _FLESCH[text.language]
        per_word = syllables / words
        flesch = constant - by_words * per_sentence - by_syllables * per_word
        grade = 0.39 * per_sentence + 11.8 * per_word - 15.59 if text.language == "en" else None
    else:
        complex_words = round(long_share * words)
    hard = (lix - 20) / 60 if spaced else (per_sentence - 10) / 70
    score = 1 - hard if flesch is None else flesch / 100
    return {
        "score": round(min(1.0, max(0.0, score if words else 0.0)), 4),
        "flesch": None if flesch is None else round(flesch, 2),
        "grade": None if grade is None else round(max(0.0, grade), 2),
        "lix": round(lix, 2) if spaced else None,
        "words_per_sentence": round(per_sentence, 2),
        "complex_words": complex_words,
        "complex_share": round(complex_words / max(1, words), 4),
    }


@lru_cache(maxsize=50_000)
def _syllables(word: str) -> int:
    """Return about how many syllables a word has; a silent e at its end is none."""
    if word.endswith("e") and not word.endswith(("le", "ee")):
        word = word[:-1]
    return max(1, len(_VOWELS.findall(word)))
