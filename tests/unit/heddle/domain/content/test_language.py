"""Languages are told apart by script and small words."""

import pytest

from heddle.domain.content.language import LANGUAGES, language_of
from heddle.domain.content.text import Text

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


def test_there_are_more_than_fifteen() -> None:
    assert len(LANGUAGES) >= 25


@pytest.mark.parametrize("text", ["", "12345 !!!", "xqzt wvbk plmn qwrt zzkk"])
def test_what_is_no_language_is_undetermined(text: str) -> None:
    assert language_of(Text(text))["code"] == "und"


def test_a_chinese_quotation_in_english_is_english() -> None:
    text = "The word for loom is 织布机, and it is one of the oldest of the words that there are."

    assert language_of(Text(text))["code"] == "en"
