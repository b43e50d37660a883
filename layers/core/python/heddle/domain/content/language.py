"""Which language a text is in: by its script, and among languages of one script by their commonest words and letters.

Twenty-eight languages; one that is not among them is `und`, as BCP 47 has it.
"""

import re
from collections import Counter

from heddle.domain.content.function_words import FUNCTION_WORDS
from heddle.domain.content.text import Text

UNKNOWN = "und"
_SAMPLE = 3000
"""Characters that are looked at, from the beginning: more words change no verdict."""

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


def language_of(text: Text) -> dict[str, object]:
    """Return {code, confidence (0 to 1), script, candidates: the next best}; `und` where there is nothing to go by."""
    sample = Text(text.text[:_SAMPLE])
    script = _script(sample.text)
    if script is None:
        return {"code": UNKNOWN, "confidence": 0.0, "script": None, "candidates": []}
    if script in _ONLY:
        return {"code": _ONLY[script], "confidence": 0.99, "script": script, "candidates": []}
    scores = _scores(sample, _OF_SCRIPT[script])
    ranked = sorted(scores, key=lambda code: (-scores[code], _OF_SCRIPT[script].index(code)))
    best, second = ranked[0], ranked[1]
    evidence = scores[best]
    if evidence < 1 or evidence < 0.06 * len(sample.words):
        return {"code": UNKNOWN, "confidence": 0.0, "script": script, "candidates": []}
    confidence = (evidence - scores[second]) / evidence * min(1.0, evidence / 3)
    return {
        "code": best,
        "confidence": round(min(0.99, 0.5 + confidence / 2), 3),
        "script": script,
        "candidates": [code for code in ranked[1:4] if scores[code] > evidence / 2],
    }


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
    scores = {code: float(sum([counts[word] for word in counts.keys() & FUNCTION_WORDS[code]])) for code in codes}
    if not sample.text.isascii():
        lower = sample.text.lower()
        for code in codes:
            scores[code] += sum([lower.count(letter) for letter in _LETTERS.get(code, "")]) / 3
    return scores
