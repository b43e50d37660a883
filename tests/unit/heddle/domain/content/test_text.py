"""Words and sentences are counted right in every script."""

import pytest

from heddle.domain.content.text import Text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one two, three-fold don't", 4),
        ("织布机很重要。", 6),
        ("今日は雨です", 6),
        ("करघा धागे से कपड़ा बुनने की मशीन है।", 8),
        ("הנול הוא מכונה", 3),
        ("النَّوْلُ آلةٌ قديمة", 3),
        ("베틀은 실로 천을 짠다", 4),
        ("naïve café", 2),
        ("cafe\u0301 cre\u0300me", 2),
        ("mixed 中文 words", 4),
    ],
)
def test_words(text: str, words: int) -> None:
    assert len(Text(text).words) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Ada met Mr. Babbage. They spoke.", ["Dr. Ada met Mr. Babbage.", "They spoke."]),
        ("It costs 3.50 now. Yes.", ["It costs 3.50 now.", "Yes."]),
        ("织布。很好！", ["织布。", "很好！"]),
        ("A heading\n\nA text", ["A heading", "A text"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in Text(text).sentences] == sentences


def test_phrases_do_not_reach_over_punctuation_or_function_words() -> None:
    grams = Text("Red loom, blue loom of the weaver").grams

    assert "red loom" in grams
    assert "loom blue" not in grams
    assert "loom weaver" not in grams
    assert len(grams["loom"]) == 2
