"""What a text cites, by the forms in which works are cited: `[3]`, `(Ada and Babbage, 1843)`, a DOI, an ISBN. Pure."""

import re
from collections.abc import Iterator
from typing import Any

MOST = 1_000

_YEAR = r"(?:1[5-9]|20)\d\d[a-z]?"
_NAME = r"[^\W\d_][\w'’-]{1,40}"
# Each begins with something rare and has a bounded length: no text makes them slow.
_FORMS = (
    ("doi", re.compile(r"\b10\.\d{4,9}/[^\s\"<>\[\]{}|\\^`]{1,200}")),
    ("arxiv", re.compile(r"\barXiv:\s?(\d{4}\.\d{4,5}(?:v\d{1,2})?)", re.IGNORECASE)),
    ("isbn", re.compile(r"\bISBN(?:-1[03])?:?\s?((?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx])\b")),
    (
        "author_year",
        re.compile(
            rf"\({_NAME}(?:(?: (?:and|und|et|y|e) |, | & ){_NAME}){{0,4}}(?: et al\.)?,? {_YEAR}"
            r"(?:, p{1,2}\. ?\d{1,5})?\)"
        ),
    ),
    ("number", re.compile(r"\[\d{1,3}(?:(?:, ?|[-–])\d{1,3}){0,9}\]")),
)
_DATE = re.compile(r"\([^\s,]+ \d{4}[a-z]?\)")
"""One word and a year without a comma are a date, as (May 2020), more often than a name."""
_RESOLVERS = {"doi": "https://doi.org/", "arxiv": "https://arxiv.org/abs/"}


def citations_of(text: str) -> list[dict[str, Any]]:
    """Return [{kind, text, start, end, url}] in the order of the text, MOST at most.

    `kind` is doi, arxiv, isbn, author_year or number; `url` is where a DOI or an arXiv number leads, else None. An ISBN
    whose check digit is wrong is none.
    """
    found = sorted(_found(text), key=lambda one: (one["start"], -one["end"]))
    kept: list[dict[str, Any]] = []
    for one in found:
        if not kept or one["start"] >= kept[-1]["end"]:
            kept.append(one)
        if len(kept) == MOST:
            break
    return kept


def _found(text: str) -> Iterator[dict[str, Any]]:
    for kind, form in _FORMS:
        for number, match in enumerate(form.finditer(text)):
            if number == MOST:
                break
            cited, end = match[0], match.end()
            if kind == "doi":
                cited = _without_closing(cited)
                end = match.start() + len(cited)
            if kind == "isbn" and not _checks(match[1]):
                continue
            if kind == "author_year" and (not cited[1].isupper() or _DATE.fullmatch(cited)):
                continue
            name = match[1] if kind == "arxiv" else cited
            url = _RESOLVERS[kind] + name if kind in _RESOLVERS else None
            yield {"kind": kind, "text": cited, "start": match.start(), "end": end, "url": url}


def _without_closing(doi: str) -> str:
    """Return a DOI without the punctuation of the sentence that it ends."""
    doi = doi.rstrip(".,;:'’”")
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;:")
    return doi


def _checks(isbn: str) -> bool:
    digits = [10 if char in "Xx" else int(char) for char in isbn if char not in "- "]
    if len(digits) == 10:
        return sum(digit * (10 - place) for place, digit in enumerate(digits)) % 11 == 0
    return len(digits) == 13 and sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0
