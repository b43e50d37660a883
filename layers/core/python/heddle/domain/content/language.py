"""Which language a text is in: by its script, and among languages of one script by their commonest words and letters.

Those tell apart the languages of `LANGUAGES`. A detector that knows more of them has its say where the words are few;
what neither knows is `und`, as BCP 47 has it.
"""

import re
from collections import Counter
from typing import Protocol

from heddle.domain.content.function_words import FUNCTION_WORDS
from heddle.domain.content.text import Text

UNKNOWN = "und"
_SAMPLE = 2000
"""Characters that are looked at, from the beginning: more words change no verdict."""

_FEW = 3
"""A detector is sure of the language of a single word, too, and mostly wrong."""
_CLEAR, _LIKELY = 0.9, 0.6
"""From here on the words that a language has and no other are proof."""

_SCRIPTS = {
    "kana": re.compile("[\u3040-\u30ff]"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"),
    "hangul": re.compile("[\uac00-\ud7af\u1100-\u11ff]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "hebrew": re.compile("[\u0590-\u05ff]"),
    "devanagari": re.compile("[\u0900-\u097f]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
    "greek": re.compile("[\u0370-\u03ff]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
}
_ONLY = {"hangul": "ko", "hebrew": "he", "devanagari": "hi", "thai": "th", "greek": "el", "kana": "ja", "han": "zh"}
_LATIN = ("en", "es", "fr", "de", "it", "pt", "nl", "pl", "tr", "sv", "da", "no", "fi", "cs", "ro", "hu", "id", "vi")
_OF_SCRIPT = {
    "arabic": ("ar", "fa"),
    "cyrillic": ("ru", "uk", "bg"),
    "latin": _LATIN,
}
# Letters that few languages have: each counts as a third of a word.
_LETTERS = {
    "es": "ñ¿¡",
    "fr": "çœèêàù",
    "de": "ßäü",
    "it": "ìòù",
    "pt": "ãõç",
    "pl": "ąćęłńśźż",
    "tr": "ışğ",
    "sv": "å",
    "da": "æø",
    "no": "æø",
    "fi": "ä",
    "cs": "ěřůčž",
    "ro": "ăâțș",
    "hu": "őű",
    "vi": "đơưạảấầậệộợ",
    "uk": "іїєґ",
    "bg": "ъ",
    "ru": "ыэё",
    "fa": "پچژگ",
    "ar": "ةىأ",
}
LANGUAGES = tuple(sorted({*_ONLY.values(), *(code for codes in _OF_SCRIPT.values() for code in codes)}))

_SMALL_WORD_OF: dict[str, list[str]] = {}
for _code, _words in FUNCTION_WORDS.items():
    for _word in _words:
        _SMALL_WORD_OF.setdefault(_word, []).append(_code)


class DetectLanguage(Protocol):
    """Something that has learnt many languages."""

    def __call__(self, text: str) -> tuple[str, float] | None:
        """Return the language's code and how sure that is (0 to 1); None if it is not sure."""
        ...


def language_of(text: Text, detect: DetectLanguage | None = None) -> dict[str, object]:
    """Return {code, confidence (0 to 1), script, candidates: the next best}; `und` where there is nothing to go by."""
    sample = text if len(text.text) <= _SAMPLE else Text(text.text[:_SAMPLE])
    found = _by_words(sample)
    script, sure = found["script"], float(str(found["confidence"]))
    if detect is None or script is None or script in ("kana", "han"):
        return found
    guess = detect(sample.text)
    if guess is None or guess[0] == found["code"]:
        return found | ({"confidence": 0.99} if guess else {})
    if len(sample.words) < _FEW or (sure >= _CLEAR and script not in _ONLY):
        return found
    code, probability = guess
    if code not in LANGUAGES and sure >= _LIKELY and script not in _ONLY:
        return found  # a rare neighbour, such as Galician for Portuguese
    candidates = [code for code in (found["code"],) if code != UNKNOWN]
    return {"code": code, "confidence": round(0.9 * probability, 3), "script": script, "candidates": candidates}


def _by_words(sample: Text) -> dict[str, object]:
    script = _script(sample.text)
    if script is None:
        return _unknown(None)
    if script in _ONLY:
        return {"code": _ONLY[script], "confidence": 0.99, "script": script, "candidates": []}
    scores = _scores(sample, _OF_SCRIPT[script])
    ranked = sorted(scores, key=scores.__getitem__, reverse=True)  # equals stay in the order of `_OF_SCRIPT`
    best, second = ranked[0], ranked[1]
    evidence = scores[best]
    if evidence < 1 or evidence < 0.06 * len(sample.words):
        return _unknown(script)
    confidence = (evidence - scores[second]) / evidence * min(1.0, evidence / 3)
    return {
        "code": best,
        "confidence": round(min(0.99, 0.5 + confidence / 2), 3),
        "script": script,
        "candidates": [code for code in ranked[1:4] if scores[code] > evidence / 2],
    }


def _unknown(script: str | None) -> dict[str, object]:
    return {"code": UNKNOWN, "confidence": 0.0, "script": script, "candidates": []}


def _script(text: str) -> str | None:
    """Return the script most letters are of. Any tenth of kana makes Chinese characters Japanese."""
    if text.isascii():
        return "latin" if _SCRIPTS["latin"].search(text) else None
    counts = {script: len(pattern.findall(text)) for script, pattern in _SCRIPTS.items()}
    counts["han"] *= 2  # a character says what a syllable or two do elsewhere
    best = max(counts, key=lambda script: counts[script])
    if not counts[best]:
        return None
    if best in ("han", "kana"):
        return "kana" if counts["kana"] * 20 > counts["han"] else "han"
    return best


def _scores(sample: Text, codes: tuple[str, ...]) -> dict[str, float]:
    counts = Counter(sample.lower)
    scores = dict.fromkeys(codes, 0.0)
    for word, count in counts.items():
        for code in _SMALL_WORD_OF.get(word, ()):
            if code in scores:
                scores[code] += count
    if not sample.text.isascii():
        lower = sample.text.lower()
        for code in codes:
            scores[code] += sum([lower.count(letter) for letter in _LETTERS.get(code, "")]) / 3
    return scores
