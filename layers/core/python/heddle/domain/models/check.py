"""What may stand in a tenant's model settings. Each check returns every problem as (field, what it must be)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from heddle.domain.models.settings import KINDS, ModelRef, PriceOverride, ProviderConfig, model_ref

Problems = list[tuple[str, str]]
CheckUrl = Callable[[str, str], str | None]
"""(kind, URL) → what is wrong with where it leads, or None; the stage decides what its functions may reach."""

MOST_PROVIDERS, MOST_ALIASES, MOST_PRICES, LONGEST_CHAIN = 50, 100, 1000, 10

WITH_URL = ("azure-openai", "ollama", "openai-compatible")
"""The kinds that are where the tenant says; the others are where they are."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,62}")
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d")
_SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_KEY_FIELD = re.compile(r"key|token|password|passwd|credential|authorization|bearer", re.IGNORECASE)
_KEY_VALUE = re.compile(r"^(sk-|sk_|AIza|Bearer |AKIA|ASIA)|^[0-9a-fA-F]{32}$|^[A-Za-z0-9_-]{64,}$")


def name_problem(name: str, what: str) -> Problems:
    """Check the name of a provider or of an alias."""
    if _NAME.fullmatch(name):
        return []
    return [("name", f"the name of {what} must be 1 to 63 of a-z, 0-9, - _ . and begin with a letter")]


def secrets_in(body: Mapping[str, Any], name: str) -> Problems:
    """Find what looks like a key in a body: keys are named here, never sent. The values are not repeated."""
    hint = f"keys are not sent here: create your tenant's secret `{name}-api-key`, or name another one in `secret`"
    found = [(field, hint) for field in body if _KEY_FIELD.search(str(field))]
    secret = body.get("secret")
    if isinstance(secret, str) and _KEY_VALUE.search(secret):
        found.append(("secret", f"this looks like a key and must be the name of a secret; {hint}"))
    return found


def provider_problems(config: ProviderConfig, check_url: CheckUrl) -> Problems:
    """Check how a provider is reached, against what its kind needs and knows."""
    problems = name_problem(config.name, "a provider")
    if config.kind not in KINDS:
        return [*problems, ("kind", f"must be one of {', '.join(KINDS)}")]
    problems += _url_problems(config, check_url)
    for field, kinds in _ONLY.items():
        if getattr(config, field) and config.kind not in kinds:
            problems.append((field, f"must be left out: only {' and '.join(kinds)} have it"))
    if config.region and not _REGION.fullmatch(config.region):
        problems.append(("region", "must be a region such as eu-central-1"))
    if config.guardrail_version and not config.guardrail:
        problems.append(("guardrail_version", "must be left out without `guardrail`"))
    if config.guardrail and not config.guardrail_version:
        problems.append(("guardrail_version", "is needed with `guardrail`: a number, or DRAFT"))
    if config.secret is not None and not _SECRET_NAME.fullmatch(config.secret):
        problems.append(("secret", "must be the name of a secret: 1 to 63 letters, digits, - and _"))
    return problems


_ONLY: Mapping[str, tuple[str, ...]] = {
    "region": ("bedrock",),
    "guardrail": ("bedrock",),
    "guardrail_version": ("bedrock",),
    "api_version": ("azure-openai",),
    "profiles": ("bedrock", "azure-openai"),
}


def _url_problems(config: ProviderConfig, check_url: CheckUrl) -> Problems:
    url = config.base_url
    if not url:
        return [("base_url", f"is needed for {config.kind}")] if config.kind in WITH_URL else []
    if config.kind not in WITH_URL:
        return [("base_url", f"must be left out for {config.kind}: only {', '.join(WITH_URL)} have one")]
    if "?" in url or "#" in url:
        return [("base_url", "must not hold a query or a fragment")]
    complaint = check_url(config.kind, url)
    return [("base_url", complaint)] if complaint else []


def alias_problems(name: str, chain: Sequence[str], providers: Iterable[str], aliases: Iterable[str]) -> Problems:
    """Check an alias's chain: models of known providers, each once."""
    known, problems = set(providers), name_problem(name, "an alias")
    if not 1 <= len(chain) <= LONGEST_CHAIN:
        problems.append(("models", f"must hold 1 to {LONGEST_CHAIN} models"))
    for index, text in enumerate(chain):
        ref, field = model_ref(text), f"models.{index}"
        if ref.provider in known:
            if text in chain[:index]:
                problems.append((field, f"{text} is in the chain twice"))
        elif text in set(aliases):
            problems.append((field, f"{text!r} is an alias; an alias stands for models, written provider/model"))
        else:
            problems.append((field, f"there is no provider {ref.provider!r}; there are {', '.join(sorted(known))}"))
    return problems


def price_problems(prices: Sequence[PriceOverride], providers: Iterable[str]) -> Problems:
    """Check a tenant's own prices: of known providers, from moments with a time zone, one per moment."""
    known, seen, problems = set(providers), set(), Problems()
    for index, price in enumerate(prices):
        field = f"prices.{index}"
        if price.provider not in known:
            problems.append((f"{field}.provider", f"there is no provider {price.provider!r}"))
        if not price.model.strip():
            problems.append((f"{field}.model", "must name a model"))
        since = _moment(price.effective_from)
        if since is None:
            message = "must be a moment with its time zone, such as 2026-11-01T00:00:00+00:00"
            problems.append((f"{field}.effective_from", message))
            continue
        key = (price.provider, price.model.lower(), since)
        if key in seen:
            problems.append((field, "there is another price of this model from this moment on"))
        seen.add(key)
    return problems


def aliases_using(provider: str, aliases: Mapping[str, Sequence[ModelRef]]) -> list[str]:
    """Return the aliases whose chains name a provider."""
    return sorted(name for name, chain in aliases.items() if any(ref.provider == provider for ref in chain))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
