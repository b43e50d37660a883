"""The table of models is what the script writes from genai-prices, and finds what genai-prices finds."""

import importlib.util
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from heddle.domain.models import catalogue
from heddle.domain.models.catalogue import facts, known_models
from heddle.domain.models.prices import PriceBook
from heddle.domain.models.settings import ModelSettings, ProviderConfig

ROOT = Path(__file__).parents[5]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
# The first two only begin the names of fine-tuned models; of the others Azure does not say what an answer costs.
UNPRICED = {"ft:gpt-4o", "ft:gpt-4o-mini", "babbage-002", "davinci-002", "text-davinci-002"}
KINDS = {"openai": "openai", "anthropic": "anthropic", "bedrock": "aws", "gemini": "google", "azure-openai": "azure"}


def test_the_table_is_what_the_script_writes_from_the_locked_version() -> None:
    path = ROOT / "scripts" / "write_model_catalogue.py"
    spec = importlib.util.spec_from_file_location("write_model_catalogue", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    written = Path(catalogue.__file__).with_name("catalogue.json").read_text(encoding="utf-8")

    assert written == script.catalogue(), "run: make docs"


def test_the_table_stays_small_and_says_where_it_comes_from() -> None:
    size = Path(catalogue.__file__).with_name("catalogue.json").stat().st_size

    assert size < 300_000
    assert re.fullmatch(r"genai-prices \d+\.\d+\.\d+ \(20\d\d-\d\d-\d\d\)", catalogue.source())


@pytest.mark.parametrize("kind", KINDS)
def test_every_model_costs_what_genai_prices_says(kind: str) -> None:
    from genai_prices import Usage, calc_price

    book, provider = PriceBook(ModelSettings()), ProviderConfig("p", kind)
    usages = [(1000, 100, 0), (150_000, 2_000, 50_000), (300_000, 10, 100_000)]
    found, expected = {}, {}
    for model in [each.id.replace("regional.", "us.") for each in known_models(kind)]:
        price = book.price(provider, model, NOW)
        if price is None:
            assert model in UNPRICED
            continue
        for given, made, cached in usages:
            usage = Usage(input_tokens=given, output_tokens=made, **({"cache_read_tokens": cached} if cached else {}))
            theirs = calc_price(usage, model, provider_id=KINDS[kind], genai_request_timestamp=NOW).total_price
            expected[model, given] = Decimal(theirs)
            found[model, given] = Decimal(price.cost(given, made, cached_tokens=cached)).scaleb(-12)

    assert len(expected) > 60
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "spelling", "ident"),
    [
        ("openai", "gpt-4o", "gpt-4o"),
        ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
        ("openai", "gpt-5.2-20251211", "gpt-5.2"),
        ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "regional.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        (
            "bedrock",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        (
            "bedrock",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        ("bedrock", "apac.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("bedrock", "eu.meta.llama3-2-3b-instruct-v1:0", "meta.llama3-2-3b-instruct-v1:0"),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
        ),
        ("azure-openai", "gpt-4o", "gpt-4o"),
        ("gemini", "models/gemini-2.5-flash", "gemini-2.5-flash"),
    ],
)
def test_a_spelling_leads_to_its_model(kind: str, spelling: str, ident: str) -> None:
    found = facts(kind, spelling)

    assert found is not None
    assert found.id == ident


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("openai", "gpt-unheard-of"),
        ("openai-compatible", "gpt-4o"),
        ("ollama", "llama3"),
        ("gemini", "claude-3-opus"),
        ("bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"),
    ],
)
def test_an_unknown_model_is_unknown(kind: str, model: str) -> None:
    assert facts(kind, model) is None


def test_a_model_that_is_not_for_text_has_no_price_and_does_not_hide_behind_another() -> None:
    found = facts("gemini", "gemini-2.5-pro-preview-tts")

    assert found is None or found.prices == ()
    assert PriceBook(ModelSettings()).price(ProviderConfig("g", "gemini"), "gemma-3", NOW) is None, "free is not known"


def test_windows_are_known_where_somebody_says_them() -> None:
    haiku, mini = facts("anthropic", "claude-haiku-4-5"), facts("openai", "gpt-5-mini")

    assert haiku is not None
    assert mini is not None
    assert (haiku.context_window, haiku.max_output) == (200_000, 64_000)
    assert (mini.context_window, mini.max_output) == (400_000, 128_000)
