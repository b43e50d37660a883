"""Write heddle/domain/models/catalogue.json, prices and windows of models: python scripts/write_model_catalogue.py.

The facts come from the locked version of genai-prices, which only this script imports; what it says about batches,
service tiers and audio is left out, because no call of ours has any of these.
"""

import json
import re
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "layers/core/python/heddle/domain/models/catalogue.json"

PROVIDERS = ("openai", "azure", "anthropic", "aws", "google")
"""The tables of genai-prices that belong to our kinds of provider."""

MAX_OUTPUT: tuple[tuple[str, int], ...] = (
    ("claude-3-5-", 8_192),
    ("claude-3-7-", 64_000),
    ("claude-3-", 4_096),
    ("claude-opus-4-5", 64_000),
    ("claude-opus-4-1", 32_000),
    ("claude-opus-4-0", 32_000),
    ("claude-opus-4-2025", 32_000),
    ("claude-sonnet-4-0", 64_000),
    ("claude-sonnet-4-2025", 64_000),
    ("claude-sonnet-4-5", 64_000),
    ("claude-haiku-4-5", 64_000),
    ("gpt-3.5-turbo-", 4_096),
    ("gpt-4-turbo-", 4_096),
    ("gpt-4-32k-", 32_768),
    ("gpt-4-", 8_192),
    ("gpt-4.1-", 32_768),
    ("gpt-4o-", 16_384),
    ("gpt-5-chat-", 16_384),
    ("gpt-5-", 128_000),
    ("o1-preview-", 32_768),
    ("o1-mini-", 65_536),
    ("o1-", 100_000),
    ("o3-", 100_000),
    ("o4-mini-", 100_000),
    ("gemini-1.5-", 8_192),
    ("gemini-2.0-", 8_192),
    ("gemini-2.5-", 65_536),
)
"""Most output tokens by the beginning of a model's name and a dash, as its provider documents it; the first counts.

genai-prices does not say it. A model that is not here has no known limit, and whoever asks it finds out.
"""

_ELSEWHERE = {"google": "claude"}
"""Models that a table has and our kind of provider has not: Claude on Vertex is not behind the Gemini API."""

_TEXT = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "output_mtok")
_NO_OUTPUT = re.compile(r"embed|^ada$")  # Azure's `ada` is text-embedding-ada-002
_NOT_FOR_TEXT = re.compile(r"audio|realtime|-tts|-live|image|sonic|voxtral")


def catalogue() -> str:
    """Return the file's text; the same locked version always gives the same."""
    from genai_prices.data import providers

    tables = {provider.id: provider for provider in providers}
    models = ",\n".join(f'  "{name}": [\n{_table(name, tables[name].models)}\n  ]' for name in PROVIDERS)
    head = {"source": "genai-prices", "version": version("genai-prices"), "date": _published()}
    return _compact(head)[:-1] + f',\n "models": {{\n{models}\n }}}}\n'


def _table(name: str, models: list[Any]) -> str:
    elsewhere = _ELSEWHERE.get(name)
    kept = [each for each in models if elsewhere is None or not each.id.startswith(elsewhere)]
    return ",\n".join(f"   {_compact(_model(each))}" for each in kept)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _published() -> str:
    """Return when the locked version was published: prices are not known to be newer than that."""
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    entry = lock.partition('name = "genai-prices"\n')[2].partition("[[package]]")[0]
    return str(re.findall(r'upload-time = "([^"]+)"', entry)[0])


def _model(model: Any) -> list[Any]:
    """Return [id, match, context window, most output tokens, prices]; no prices: known, but not for text."""
    prices = model.prices if isinstance(model.prices, list) else None
    dated = [(_since(each.constraint), each.prices) for each in prices] if prices else [("", model.prices)]
    usable = not _NOT_FOR_TEXT.search(model.id)
    return [
        model.id,
        _match(model.match),
        model.context_window,
        _max_output(model.id),
        [[since, tiers] for since, price in dated if usable and (tiers := _tiers(model.id, vars(price)))],
    ]


def _since(constraint: Any) -> str:
    if constraint is None:
        return ""
    start: date = constraint.start_date  # AttributeError: a kind of condition that the price book does not know
    return start.isoformat()


def _match(clause: Any) -> Any:
    """Return a condition on a model's id: `=equals`, `^begins`, `$ends`, `*contains`, `~regex`, [any], {"all": []}."""
    ((name, value),) = vars(clause).items()
    if name == "or_":
        return [_match(each) for each in value]
    if name == "and_":
        return {"all": [_match(each) for each in value]}
    sign = {"equals": "=", "starts_with": "^", "ends_with": "$", "contains": "*", "regex": "~"}[name]
    return sign + (value if sign == "~" else value.lower())


def _tiers(ident: str, prices: dict[str, Any]) -> list[list[int]]:
    """Return [above, input, cached, cache write, output] per tier, in picodollars a token, or nothing to price with."""
    if prices.get("input_mtok") is None or (prices.get("output_mtok") is None and not _NO_OUTPUT.search(ident)):
        return []
    starts = sorted({0} | {tier.start for price in prices.values() for tier in getattr(price, "tiers", ())})
    return [[start, *_rates(prices, start)] for start in starts]


def _rates(prices: dict[str, Any], start: int) -> list[int]:
    values = [_at(prices.get(name), start) for name in _TEXT]
    paid, cached, written, output = values
    assert paid is not None
    # Without a price of its own a cached token costs what any other does: never less than the truth.
    rates = [paid, paid if cached is None else cached, paid if written is None else written, output or Decimal(0)]
    return [_picos(rate) for rate in rates]


def _at(price: Any, start: int) -> Decimal | None:
    if price is None or isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if tier.start <= start]
    found: Decimal = reached[-1] if reached else price.base
    return found


def _picos(per_million: Decimal) -> int:
    """Return picodollars for one token: a million of them for each dollar that a million tokens cost."""
    exact = per_million * 1_000_000
    assert exact == int(exact), f"{per_million} is finer than a picodollar a token"
    return int(exact)


def _max_output(ident: str) -> int | None:
    name = ident.rpartition("anthropic.")[2] + "-"
    return next((most for start, most in MAX_OUTPUT if name.startswith(start)), None)


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
