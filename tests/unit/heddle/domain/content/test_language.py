"""Languages are told apart by script and small words."""

from collections import Counter

import pytest

from heddle.adapters.content.detect_language import detect_language
from heddle.domain.content.language import LANGUAGES, DetectLanguage, language_of
from heddle.domain.content.text import Text
from tests.support.sentences import SENTENCES as SENTENCES_OF_EVERY_DAY

SENTENCES = {
    "en": "The loom is a machine that weaves cloth from the yarn, and it is very old.",
    "es": "El telar es una máquina que se usa para hacer tela con los hilos.",
    "fr": "Le métier à tisser est une machine qui sert à faire des tissus avec du fil.",
    "de": "Der Webstuhl ist eine Maschine, mit der man aus Garn ein Tuch webt.",
    "it": "Il telaio è una macchina che serve per tessere la stoffa con il filo.",
    "pt": "O tear é uma máquina que não serve para mais nada além de tecer com os fios.",
    "ru": "Ткацкий станок — это машина, на которой из нитей ткут ткань, и она очень старая.",
    "zh": "织布机是用纱线织布的机器。",
    "ja": "織機は糸から布を織る機械です。",
    "ar": "النول آلة لنسج القماش من الخيوط التي في الإطار.",
    "nl": "Het weefgetouw is een machine waarmee men van garen een doek weeft.",
    "pl": "Krosno jest maszyną, która służy do tkania i nie jest bardzo droga.",
    "tr": "Dokuma tezgahı iplikten kumaş yapmak için kullanılan bir makine ve çok eski.",
    "ko": "베틀은 실로 천을 짜는 기계이다.",
    "hi": "करघा धागे से कपड़ा बुनने की मशीन है।",
    "he": "הנול הוא מכונה של אריגה.",
    "sv": "Vävstolen är en maskin som man väver tyg med och den är mycket gammal.",
    "fi": "Kangaspuut ovat kone, joka on hyvin vanha ja jolla ne tekevät kangasta.",
    "cs": "Tkalcovský stav je stroj, který se používá pro výrobu látky a je také starý.",
    "hu": "A szövőszék egy gép, amely nem új, és már nagyon régen van.",
    "uk": "Ткацький верстат — це машина, яка є дуже старою, та її не видно.",
    "el": "Ο αργαλειός είναι μια μηχανή για την ύφανση.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_is_known(code: str) -> None:
    assert language_of(Text(SENTENCES[code]))["code"] == code


ALL = [(code, sentence) for code, sentences in SENTENCES_OF_EVERY_DAY.items() for sentence in sentences]


def right(detect: DetectLanguage | None) -> dict[str, int]:
    found = Counter(code for code, sentence in ALL if language_of(Text(sentence), detect)["code"] == code)
    return {code: found[code] for code in SENTENCES_OF_EVERY_DAY}


def test_nearly_every_sentence_of_every_day_is_known_with_the_detector() -> None:
    counts = right(detect_language)

    assert sum(counts.values()) >= 0.95 * len(ALL), counts
    assert all(counts[code] >= len(SENTENCES_OF_EVERY_DAY[code]) - 1 for code in counts), counts


def test_most_are_known_by_words_alone() -> None:
    assert sum(right(None).values()) >= 0.85 * len(ALL)


def test_paragraphs_are_all_known() -> None:
    for code, sentences in SENTENCES_OF_EVERY_DAY.items():
        found = language_of(Text(" ".join(sentences)), detect_language)
        assert (found["code"], float(str(found["confidence"])) > 0.6) == (code, True), found


def test_the_detector_knows_languages_that_have_no_words_here() -> None:
    assert language_of(Text("Ég er að fara heim núna."), detect_language)["code"] == "is"
    assert language_of(Text("मी आज घरी आहे आणि उद्या कामावर जाणार आहे."), detect_language)["code"] == "mr"


@pytest.mark.parametrize("text", ["", " \n", "12345 !!!", "xqzt wvbk plmn qwrt zzkk", "Looms", "\x00"])
def test_the_detector_does_not_guess_at_what_is_no_text(text: str) -> None:
    assert language_of(Text(text), detect_language)["code"] == "und"


def test_there_are_more_than_fifteen() -> None:
    assert len(LANGUAGES) >= 25


@pytest.mark.parametrize("text", ["", "12345 !!!", "xqzt wvbk plmn qwrt zzkk"])
def test_what_is_no_language_is_undetermined(text: str) -> None:
    assert language_of(Text(text))["code"] == "und"


def test_a_chinese_quotation_in_english_is_english() -> None:
    text = "The word for loom is 织布机, and it is one of the oldest of the words that there are."

    assert language_of(Text(text))["code"] == "en"
