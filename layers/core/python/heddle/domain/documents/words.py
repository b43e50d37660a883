"""Words as full-text search meets them: which rules a language has, and scripts that write no spaces.

PostgreSQL takes a run of Chinese or Japanese for one word, so such runs are cut into pairs of characters, in texts and
in queries alike: a query finds whatever has its pairs.
"""

import re

from heddle.domain.documents.search import MARK, UNMARK

CONFIGURATIONS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Language code to PostgreSQL's text search configuration; every other language is `simple`: words as they are."""

SIMPLE = "simple"

_SPACELESS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_OPERATORS = re.compile(r'"|(?:^|\s)-\S|(?:^|\s)or(?:\s|$)', re.IGNORECASE)
_WORD = re.compile(r"\w")


def configuration(language: str) -> str:
    """Return the text search configuration of a language code such as `en` or `en-GB`."""
    return CONFIGURATIONS.get(language.partition("-")[0].lower(), SIMPLE)


def searchable(text: str) -> str:
    """Return the text with runs of scripts without spaces cut into overlapping pairs."""
    return _SPACELESS.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)


def has_operators(query: str) -> bool:
    """Whether a query says how its words belong together: quotes, `-word` or `or`."""
    return _OPERATORS.search(query) is not None


def has_words(query: str) -> bool:
    """Whether there is anything to look for."""
    return _WORD.search(query) is not None


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)] or [run]


def mark_spaceless(marked: str, query: str) -> str:
    """Mark the query's pairs of characters in a text that nothing was marked in: PostgreSQL sees no words there."""
    pairs = [pair for run in _SPACELESS.findall(query) for pair in _pairs(run)]
    if MARK in marked or not pairs:
        return marked
    return re.sub(f"(?:{'|'.join(map(re.escape, pairs))})+", lambda found: f"{MARK}{found[0]}{UNMARK}", marked)
