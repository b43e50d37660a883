"""All analyses together: golden values, offsets that hold for any text, and failures that stay alone."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.domain.content import analyses
from heddle.domain.content.analyses import NAMES, Analysed, analyse

TEXT = (
    "Looms weave cloth from yarn. The warp is threaded through heddles, and the weft passes between the threads. "
    "However, Ada Lovelace wrote on 1843-10-01 about the Jacquard loom in London, and Google paid $3 million for it."
)


def of(text: str, **options: Any) -> Analysed:
    values: dict[str, Any] = {"wanted": NAMES, "clock": itertools.count().__next__, "deadline": 1e9} | options
    return analyse(text, **values)


def test_a_text_is_analysed() -> None:
    results = of(TEXT).results

    assert results["language"]["code"] == "en"
    assert {(e["name"], e["type"]) for e in results["entities"]} == {
        ("Ada Lovelace", "Person"),
        ("1843-10-01", "Date"),
        ("London", "Location"),
        ("Google", "Organization"),
        ("$3 million", "Money"),
    }
    assert results["difficulty"]["level"] == "Beginner"
    assert "Jacquard loom" in [concept["name"] for concept in results["concepts"]]
    assert [one["bloom_level"] for one in results["objectives"]] == [
        "Remember",
        "Understand",
        "Apply",
        "Analyze",
        "Evaluate",
    ]


def test_flesch_is_that_of_the_formula() -> None:
    readability = of("The cat sat on the mat.", language="en").results["readability"]

    assert readability["flesch"] == round(206.835 - 1.015 * 6 - 84.6 * 6 / 6, 2)
    assert readability["grade"] == 0.0


@pytest.mark.parametrize(
    ("text", "language", "label"),
    [
        ("This loom is excellent and I love it, thank you, great and very helpful.", "en", "positive"),
        ("A terrible, broken and useless thing. I hate it.", "en", "negative"),
        ("The loom has four heddles.", "en", "neutral"),
        ("Das ist sehr gut, wunderbar und hilfreich, ich bin begeistert.", "de", "positive"),
        ("Es terrible, lento e inútil, un fracaso.", "es", "negative"),
    ],
)
def test_sentiment(text: str, language: str, label: str) -> None:
    assert of(text, language=language).results["sentiment"]["label"] == label


def test_a_negation_turns_a_word_round() -> None:
    assert of("It is not good.", language="en").results["sentiment"]["score"] < 0


def test_a_language_without_words_for_sentiment_is_a_warning() -> None:
    done = of("织布机是用纱线织布的机器。")

    assert done.results["sentiment"] is None
    assert [warning["code"] for warning in done.warnings] == ["sentiment_language"]


def test_reading_time_counts_characters_of_chinese() -> None:
    minutes = of("织" * 5000, language="zh").results["difficulty"]["reading_minutes"]

    assert 10 <= minutes <= 20


def test_only_what_is_wanted_is_given() -> None:
    done = of(TEXT, wanted=("objectives",))

    assert set(done.results) == {"objectives"}
    assert "concepts" in done.timings_ms
    assert "quality" not in done.timings_ms


def test_one_that_breaks_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> Any:
        raise RuntimeError("secret words")

    monkeypatch.setitem(analyses.ANALYSES, "concepts", ((), breaks))

    done = of(TEXT)

    assert [(error["analysis"], error["code"]) for error in done.errors] == [
        ("concepts", "analysis_failed"),
        ("objectives", "analysis_failed"),
    ]
    assert "secret" not in str(done.errors)
    assert set(done.results) == set(NAMES) - {"concepts", "objectives"}


def test_what_has_no_time_left_is_named() -> None:
    done = of(TEXT, deadline=8)

    assert {error["code"] for error in done.errors} == {"analysis_timeout", "analysis_failed"} - (
        set() if any(e["code"] == "analysis_failed" for e in done.errors) else {"analysis_failed"}
    )
    assert "statistics" in done.results


PIECES = st.sampled_from(
    ["Loom ", "织布", "الخيوط ", "करघा ", "👩‍👩‍👧 ", "\u0301", "\x00", "\n\n", ". ", "İ ", "ß ", "Dr. ", "$3 ", "ｆ "]
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)))
def test_every_offset_is_inside_the_text_and_scores_are_bounded(text: str) -> None:
    done = of(text)

    assert done.errors == ()
    for concept in done.results["concepts"]:
        first = concept["mentions"][0]
        assert " ".join(text[first["start"] : first["end"]].split()) == concept["name"]
        assert 0 < concept["relevance"] <= 1
    for entity in done.results["entities"]:
        assert all(text[m["start"] : m["end"]] == entity["name"] for m in entity["mentions"])
    for keyword in done.results["keywords"]:
        assert 0 <= keyword["start"] < keyword["end"] <= len(text)
    assert len(done.results["summary"]["text"]) <= 500
    assert 0 <= done.results["quality"]["overall"] <= 1
    assert 0 <= done.results["difficulty"]["score"] <= 1
    assert of(text).results == done.results
