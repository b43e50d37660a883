"""Whether a text speaks well or ill of its matter, by words that do, their negations and their intensifiers."""

from typing import Any

from heddle.domain.content.text import Text

_WORDS = {
    "en": (
        "good great excellent amazing wonderful fantastic love loved loves like liked best better happy glad pleased "
        "delightful perfect beautiful helpful useful easy fast reliable impressive enjoy enjoyed recommend brilliant "
        "nice superb outstanding success successful win positive benefit improved friendly thanks thank robust clear",
        "bad terrible awful horrible hate hated worst worse sad angry poor disappointing disappointed broken useless "
        "difficult slow unreliable ugly annoying fail failed fails failure problem problems error wrong negative loss "
        "damage pain boring confusing waste crash crashes rude unhappy never-again buggy expensive harmful",
        "not no never n't cannot can't don't doesn't didn't isn't wasn't won't hardly without",
        "very extremely really so incredibly absolutely totally highly most",
    ),
    "de": (
        "gut gute guter gutes großartig toll super ausgezeichnet wunderbar liebe lieben perfekt schön hilfreich "
        "nützlich zuverlässig schnell freundlich begeistert empfehlen glücklich zufrieden hervorragend beste besser",
        "schlecht schlechte schrecklich furchtbar hasse hassen kaputt enttäuscht enttäuschend langsam unzuverlässig "
        "teuer nutzlos problem probleme fehler traurig wütend ärgerlich schlimm schlechter verlust",
        "nicht kein keine nie ohne",
        "sehr äußerst wirklich besonders total",
    ),
    "fr": (
        "bon bonne excellent excellente magnifique merveilleux adore aime parfait parfaite beau belle utile rapide "
        "fiable heureux heureuse content contente recommande génial super meilleur formidable agréable",
        "mauvais mauvaise terrible horrible déteste nul nulle cassé décevant déçu déçue lent lente inutile problème "
        "problèmes erreur triste pire cher affreux ennuyeux échec",
        "ne pas jamais sans aucun aucune n'est",
        "très vraiment extrêmement tellement",
    ),
    "es": (
        "bueno buena buen excelente maravilloso maravillosa encanta perfecto perfecta hermoso hermosa útil rápido "
        "fiable feliz contento contenta recomiendo genial mejor fantástico amable éxito increíble",
        "malo mala mal terrible horrible odio roto decepcionante decepcionado lento lenta inútil problema problemas "
        "error triste peor caro feo aburrido fracaso",
        "no nunca sin ningún jamás",
        "muy realmente extremadamente tan",
    ),
}
LANGUAGES = tuple(_WORDS)
_LEXICON = {
    language: (
        dict.fromkeys(good.split(), 1.0) | dict.fromkeys(bad.split(), -1.0),
        frozenset(negations.split()),
        frozenset(intensifiers.split()),
    )
    for language, (good, bad, negations, intensifiers) in _WORDS.items()
}
_NEAR = 3
_AVERAGE = 3.0
_CALM = 20
"""One strong word in so many is a calm text: reports name errors without being angry."""


def sentiment_of(text: Text) -> dict[str, Any] | None:
    """Return label, score (-1 to 1) and the shares positive, negative, neutral; None in a language without words.

    A negation up to three words before turns a word round and halves it; an intensifier right before adds a half.
    The label is positive or negative from a score of ±0.2 on, and `mixed` where both are strong.
    """
    if text.language not in _LEXICON:
        return None
    lexicon, negations, intensifiers = _LEXICON[text.language]
    words = text.lower
    positive = negative = 0.0
    for index, word in enumerate(words):
        if word not in lexicon:
            continue
        value = lexicon[word]
        before = words[max(0, index - _NEAR) : index]
        if before and before[-1] in intensifiers:
            value *= 1.5
        if any(one in negations for one in before):
            value *= -0.5
        positive, negative = positive + max(0.0, value), negative - min(0.0, value)
    strength = positive + negative
    score = (positive - negative) / (strength + _AVERAGE + len(words) / _CALM) if strength else 0.0
    felt = strength / (strength + max(1, len(words)) / 10)
    label = "positive" if score >= 0.2 else "negative" if score <= -0.2 else "neutral"
    if label == "neutral" and min(positive, negative) >= 2:
        label = "mixed"
    share = strength or 1.0
    return {
        "label": label,
        "score": round(score, 4),
        "positive": round(felt * positive / share, 4),
        "negative": round(felt * negative / share, 4),
        "neutral": round(1 - felt, 4),
        "confidence": round(min(0.95, 0.5 + abs(score) / 2), 4),
    }
