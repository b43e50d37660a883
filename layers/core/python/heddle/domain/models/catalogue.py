"""What is known of models: prices and windows, from a table that `scripts/write_model_catalogue.py` writes.

The table lies beside this module as JSON and is read when first asked (half a millisecond). A provider answers to many
spellings of one model: each entry carries the condition that its spellings meet, and the first entry that fits counts.

    =gpt-4o   equals        $-latest   ends with        ["=a", "^b"]            one of them
    ^gpt-4o   begins with   *nova-pro  contains         {"all": ["^a", "~b"]}   all of them
    ~^o[13]   regular expression
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from heddle.records import dataclass

TABLES: Mapping[str, tuple[str, ...]] = {
    "openai": ("openai",),
    "azure-openai": ("azure", "openai"),
    "anthropic": ("anthropic",),
    "bedrock": ("aws",),
    "gemini": ("google",),
}
"""Kind of provider to the tables that know its models. The other kinds are priced by nobody but the tenant."""

_REGION = re.compile(r"^(us-gov|us|eu|apac|global|au|jp|ca|in|sa|me|af|mx|il)\.")
_COMPACT_DATE = re.compile(r"-(20\d\d)(\d\d)(\d\d)$")


@dataclass(frozen=True, slots=True)
class Rates:
    """What a token costs, in picodollars, if the prompt has more than `above`. All tokens pay it, not only the rest."""

    above: int
    input: int
    cached: int
    cache_write: int
    output: int


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model. `prices` are (first day or "", rates by length of the prompt), oldest first; empty: not for text.

    `context_window` counts prompt and answer together; None where nobody says.
    """

    id: str
    table: str
    context_window: int | None
    max_output: int | None
    prices: tuple[tuple[str, tuple[Rates, ...]], ...]

    @property
    def embeds(self) -> bool:
        """Say whether the model gives vectors rather than answers: nothing is asked for its output."""
        return bool(self.prices) and self.prices[-1][1][0].output == 0

    def rates(self, day: str) -> tuple[Rates, ...] | None:
        """Return what holds on a day (ISO date): the newest price that has begun, else the first one."""
        begun = [rates for since, rates in self.prices if since <= day]
        return begun[-1] if begun else (self.prices[0][1] if self.prices else None)


@cache
def _document() -> dict[str, Any]:
    from pathlib import Path

    found: dict[str, Any] = json.loads(Path(__file__).with_name("catalogue.json").read_bytes())
    return found


def source() -> str:
    """Return where the table comes from and of when it is: `genai-prices 0.2.3 (2026-11-10)`."""
    document = _document()
    return f"{document['source']} {document['version']} ({document['date'][:10]})"


def published() -> str:
    """Return the moment of the table's publication, ISO 8601 in UTC."""
    moment: str = _document()["date"]
    return moment


@lru_cache(2048)
def facts(kind: str, model: str) -> ModelFacts | None:
    """Return what is known of a model as providers of this kind spell it, or None."""
    for spelling in _spellings(kind, model.lower()):
        for table in TABLES.get(kind, ()):
            for entry in _document()["models"][table]:
                if _fits(entry[1], spelling):
                    return _facts(table, entry)
    return None


def known_models(kind: str) -> tuple[ModelFacts, ...]:
    """Return every model for text that the tables of a kind have, in their order."""
    found: dict[str, ModelFacts] = {}
    for table in TABLES.get(kind, ()):
        for entry in _document()["models"][table]:
            found.setdefault(entry[0], _facts(table, entry))
    return tuple(each for each in found.values() if each.prices)


def _spellings(kind: str, model: str) -> Iterator[str]:
    """Give the ways to look a model up: as it is, then with less and less of what does not change the model."""
    bare = model.rpartition("/")[2] if kind == "bedrock" and model.startswith("arn:") else model
    yield bare
    if kind == "bedrock" and _REGION.match(bare):
        yield _REGION.sub("", bare)
    if _COMPACT_DATE.search(bare):
        yield _COMPACT_DATE.sub(r"-\1-\2-\3", bare)
    if kind == "gemini" and bare.startswith("models/"):
        yield bare.removeprefix("models/")


def _fits(condition: str | list[Any] | dict[str, Any], model: str) -> bool:
    if isinstance(condition, list):
        return any(_fits(each, model) for each in condition)
    if isinstance(condition, dict):
        return all(_fits(each, model) for each in condition["all"])
    sign, value = condition[0], condition[1:]
    if sign == "=":
        return model == value
    if sign == "^":
        return model.startswith(value)
    if sign == "$":
        return model.endswith(value)
    return value in model if sign == "*" else re.search(value, model) is not None


def _facts(table: str, entry: list[Any]) -> ModelFacts:
    ident, _, window, most, prices = entry
    dated = tuple((since, tuple(Rates(*tier) for tier in tiers)) for since, tiers in prices)
    return ModelFacts(ident, table, window, most, dated)
