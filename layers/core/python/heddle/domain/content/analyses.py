"""All analyses of a text by name, and one run over them: what ran, how long each took, and what failed.

An analysis that fails, or for which there is no time left, takes nothing from the others: the result is partial.
"""

from collections.abc import Callable, Collection
from dataclasses import field
from typing import Any

from heddle.domain.content.concepts import concepts_of
from heddle.domain.content.difficulty import difficulty_of
from heddle.domain.content.entities import entities_of
from heddle.domain.content.keywords import keywords_of
from heddle.domain.content.language import DetectLanguage, language_of
from heddle.domain.content.objectives import objectives_of
from heddle.domain.content.quality import quality_of
from heddle.domain.content.readability import readability_of
from heddle.domain.content.sentiment import sentiment_of
from heddle.domain.content.statistics import statistics_of
from heddle.domain.content.summary import summary_of
from heddle.domain.content.text import Text
from heddle.records import dataclass

Results = dict[str, Any]
Analysis = Callable[[Text, Results, int], Any]

ANALYSES: dict[str, tuple[tuple[str, ...], Analysis]] = {
    "statistics": ((), lambda text, _done, _headings: statistics_of(text)),
    "readability": ((), lambda text, _done, _headings: readability_of(text)),
    "keywords": ((), lambda text, _done, _headings: keywords_of(text)),
    "concepts": ((), lambda text, _done, _headings: concepts_of(text)),
    "entities": ((), lambda text, _done, _headings: entities_of(text)),
    "sentiment": ((), lambda text, _done, _headings: sentiment_of(text)),
    "difficulty": (("readability",), lambda text, done, _headings: difficulty_of(text, done["readability"])),
    "quality": (("readability",), lambda text, done, headings: quality_of(text, done["readability"], headings)),
    "objectives": (("concepts",), lambda _text, done, _headings: objectives_of(done["concepts"])),
    "summary": ((), lambda text, _done, _headings: summary_of(text)),
}
"""Name to the analyses it builds on, and the analysis itself: (text, results so far, headings) to JSON."""

NAMES = ("language", *ANALYSES)
"""In the order in which they run."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """What came of it: results by name, milliseconds by name, and {code, message, analysis} for what did not."""

    results: Results
    timings_ms: dict[str, float]
    errors: tuple[dict[str, str], ...] = ()
    warnings: tuple[dict[str, str], ...] = field(default=())


def analyse(
    content: str,
    *,
    wanted: Collection[str],
    clock: Callable[[], float],
    deadline: float,
    language: str | None = None,
    headings: int = 0,
    detect: DetectLanguage | None = None,
) -> Analysed:
    """Run the wanted analyses until the deadline. What they build on runs as well, but is not in the results."""
    text = Text(content, language or "en")
    results: Results = {}
    timings: dict[str, float] = {}
    errors: list[dict[str, str]] = []
    warnings: list[dict[str, str]] = []
    begun = clock()
    try:
        found = language_of(text, detect)
        text.language = language or str(found["code"])
        results["language"] = {**found, "code": text.language, "given": language is not None}
    except Exception as error:  # an analysis that breaks must not take the others with it
        errors.append(_failed("language", error))
    timings["language"] = round((clock() - begun) * 1000, 3)
    needed = {*wanted, *(one for name in wanted if name in ANALYSES for one in ANALYSES[name][0])}
    for name, (before, run) in ANALYSES.items():
        if name not in needed:
            continue
        missing = [one for one in before if one not in results]
        if missing:
            errors.append(_error(name, "analysis_failed", f"it builds on {missing[0]}, which failed"))
            continue
        begun = clock()
        if begun > deadline:
            errors.append(_error(name, "analysis_timeout", "there was no time left for it"))
            continue
        try:
            results[name] = run(text, results, headings)
        except Exception as error:
            errors.append(_failed(name, error))
        timings[name] = round((clock() - begun) * 1000, 3)
    if "sentiment" in results and results["sentiment"] is None:
        message = f"there are no words for sentiment in the language {text.language}"
        warnings.append({"code": "sentiment_language", "message": message, "analysis": "sentiment"})
    kept = {name: result for name, result in results.items() if name in wanted}
    return Analysed(kept, timings, tuple(errors), tuple(warnings))


def _failed(name: str, error: Exception) -> dict[str, str]:
    return _error(name, "analysis_failed", f"it broke with {type(error).__name__}")


def _error(name: str, code: str, message: str) -> dict[str, str]:
    return {"analysis": name, "code": code, "message": message}
