"""What a tenant can use: its providers, what its aliases stand for, prices, windows, and which model is cheapest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from heddle.application.models.breakers import Breakers
from heddle.application.ports.model_settings import ModelSettingsStore
from heddle.domain.models import prices as pricing
from heddle.domain.models.catalogue import facts, known_models
from heddle.domain.models.prices import Price, PriceBook, Usage, price_json
from heddle.domain.models.resolve import (
    BUILT_IN_ALIASES,
    Candidate,
    StageProviders,
    aliases,
    candidates,
    default_model,
    providers,
)
from heddle.domain.models.settings import FUNCTIONS, ModelRef, ModelSettings, ProviderConfig
from heddle.domain.models.tokens import (
    Count,
    Exact,
    Window,
    count,
    count_messages,
    difference_percent,
    family,
    text_bound,
    window,
)
from heddle.domain.money import usd
from heddle.errors import InvalidInput
from heddle.records import dataclass

MOST_CHEAPEST = 20


@dataclass(frozen=True, slots=True)
class DescribeModels:
    """Answers from settings, table and breakers; asks no provider. `exact` counts OpenAI's tokens where it can."""

    store: ModelSettingsStore
    stage: StageProviders
    breakers: Breakers
    exact: Exact | None = field(default=None, repr=False)

    def overview(self, tenant: str, now: datetime, *, provider: str | None = None) -> dict[str, Any]:
        """Return aliases with their chains, and models with prices; of one provider all that are known."""
        view = _View(self.store.get(tenant), self.stage, now)
        named = [ref for chain in view.aliases.values() for ref in chain]
        listed = view.all_models([provider]) if provider else _distinct(map(view.whole, named))
        return {
            "aliases": [view.alias(name) for name in view.aliases],
            "models": [view.model(ref) for ref in listed],
            "version": view.settings.version,
        }

    def providers(self, tenant: str, now: datetime) -> list[dict[str, Any]]:
        """Return every provider, with how its circuit stands and which aliases use it. Keys are named, not shown."""
        settings = self.store.get(tenant)
        states = self.breakers.states(tenant, now=now)
        known = aliases(settings, self.stage)
        return [
            {
                **provider_json(config, own=config.name in settings.providers),
                "circuit": states.get(config.name, "closed"),
                "aliases": sorted(
                    name for name, chain in known.items() if any(r.provider == config.name for r in chain)
                ),
            }
            for config in providers(settings, self.stage).values()
        ]

    def compare(
        self, tenant: str, a: str, b: str, usage: Usage, now: datetime, *, calls_per_day: int
    ) -> dict[str, Any]:
        """Compare two models for a usage, and for a month of it. Raises NodeError `llm_model_unpriced`, and unknown."""
        view = _View(self.store.get(tenant), self.stage, now)
        first, second = view.first(a), view.first(b)
        prices = [view.priced(each) for each in (first, second)]
        found = pricing.compare(prices[0], prices[1], usage)
        monthly = [pricing.monthly(cost * calls_per_day, 1) for cost in (found.cost_a, found.cost_b)]
        sides = [
            {**view.model(each.ref), "cost_usd": usd(cost), "monthly_cost_usd": usd(month)}
            for each, cost, month in zip((first, second), (found.cost_a, found.cost_b), monthly, strict=True)
        ]
        return {
            "a": sides[0],
            "b": sides[1],
            "cheaper": found.cheaper,
            "saving_usd": usd(found.saving),
            "saving_percent": f"{found.saving_percent:f}",
            "monthly_saving_usd": usd(abs(monthly[0] - monthly[1])),
        }

    def cheapest(self, tenant: str, usage: Usage, now: datetime, names: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return models by what a usage costs with them, cheapest first: the named ones, or all that can be used.

        A model that the usage does not fit, or that nobody knows the price of, is left out; of those that are not
        named also what does not answer (embeddings) and what has no known window (most of it is retired).
        """
        view = _View(self.store.get(tenant), self.stage, now)
        refs = (
            [view.first(name).ref for name in names]
            if names
            else list(filter(view.recommended, view.all_models(view.enabled())))
        )
        fitting = [ref for ref in refs if _fits(view.window(ref), usage)]
        prices = {str(ref): price for ref in fitting if (price := view.price(ref)) is not None}
        by_name = {str(ref): ref for ref in fitting}
        ranked = pricing.cheapest(prices, usage)
        return [{**view.model(by_name[name]), "cost_usd": usd(cost)} for name, cost in ranked[:MOST_CHEAPEST]]

    def count(
        self,
        tenant: str,
        model: str | None,
        now: datetime,
        *,
        texts: Sequence[str] = (),
        messages: Sequence[Mapping[str, str]] = (),
        compare_with: str | None = None,
    ) -> dict[str, Any]:
        """Count texts, each for itself, or one chat, as a model would; and by how much another model differs."""
        view = _View(self.store.get(tenant), self.stage, now)
        one = view.first(model)
        items = self._counts(one, texts, messages)
        total = sum(each.tokens for each in items)
        limits, price = view.window(one.ref), view.price(one.ref)
        answer = {
            "model": str(one.ref),
            "tokens": total,
            "method": items[0].method,
            "exact": all(each.exact for each in items),
            "bound": sum(map(text_bound, _plain(texts, messages))),
            "items": [{"tokens": each.tokens} for each in items],
            "context_window": limits.context,
            "context_left": None if limits.context is None else limits.context - total,
            "input_cost_usd": None if price is None else usd(price.cost(total, 0)),
            "price": price_json(price, now),
            "compared": None,
        }
        if compare_with is not None:
            other = view.first(compare_with)
            tokens = sum(each.tokens for each in self._counts(other, texts, messages))
            percent = f"{difference_percent(total, tokens):f}"
            answer["compared"] = {"model": str(other.ref), "tokens": tokens, "difference_percent": percent}
        return answer

    def _counts(self, model: Candidate, texts: Sequence[str], messages: Sequence[Mapping[str, str]]) -> list[Count]:
        name = family(model.provider.kind, pricing.priced_as(model.provider, model.model))
        if messages:
            return [count_messages(name, messages, self.exact)]
        return [count(name, text, self.exact) for text in texts]


class _View:
    """A tenant's settings at one moment, with what follows from them."""

    def __init__(self, settings: ModelSettings, stage: StageProviders, now: datetime) -> None:
        self.settings, self.stage, self.now = settings, stage, now
        self.providers = providers(settings, stage)
        self.aliases = aliases(settings, stage)
        self._book = PriceBook(settings)

    def first(self, name: str | None) -> Candidate:
        """Return the model that answers first under a name."""
        return candidates(self.settings, self.stage, name)[0]

    def whole(self, ref: ModelRef) -> ModelRef:
        """Return the reference with the provider's own model where it names none."""
        provider = self.providers.get(ref.provider)
        return ref if ref.model or provider is None else ModelRef(ref.provider, default_model(provider))

    def enabled(self) -> list[str]:
        return [name for name, config in self.providers.items() if config.enabled]

    def all_models(self, names: Iterable[str]) -> list[ModelRef]:
        """Return every model of these providers that is known: from tables, settings and aliases."""
        return _distinct(ref for name in names for ref in self._models_of(self._provider(name)))

    def _models_of(self, provider: ProviderConfig) -> Iterator[ModelRef]:
        own = [default_model(provider), *provider.profiles]
        own += [each.model for each in self.settings.prices if each.provider == provider.name]
        own += [ref.model for chain in self.aliases.values() for ref in chain if ref.provider == provider.name]
        # A deployment of Azure exists if somebody made it: the table says nothing about that.
        known = () if provider.kind == "azure-openai" else known_models(provider.kind)
        table = [_callable(provider.kind, each.id) for each in known]
        return (ModelRef(provider.name, model) for model in (*own, *table) if model)

    def recommended(self, ref: ModelRef) -> bool:
        """Say whether a model is one to write answers, as far as the table knows."""
        known = facts(self.providers[ref.provider].kind, ref.model)
        return known is not None and known.context_window is not None and not known.embeds

    def _provider(self, name: str) -> ProviderConfig:
        if name not in self.providers:
            there = ", ".join(sorted(self.providers))
            raise InvalidInput(
                f"there is no provider {name!r}; there are {there}",
                code="invalid_parameter",
                errors=[{"field": "provider", "message": f"must be one of {there}"}],
            )
        return self.providers[name]

    def price(self, ref: ModelRef) -> Price | None:
        return self._book.price(self.providers[ref.provider], ref.model, self.now)

    def priced(self, one: Candidate) -> Price:
        price = self.price(one.ref)
        if price is None:
            raise pricing.unpriced(one.ref)
        return price

    def window(self, ref: ModelRef) -> Window:
        return window(self.providers[ref.provider], ref.model)

    def model(self, ref: ModelRef) -> dict[str, Any]:
        """Return one model as people see it."""
        provider, limits = self.providers[ref.provider], self.window(ref)
        return {
            "ref": str(ref),
            "provider": provider.name,
            "kind": provider.kind,
            "model": ref.model,
            "enabled": provider.enabled,
            "context_window": limits.context,
            "max_output_tokens": limits.max_output,
            "price": price_json(self.price(ref), self.now),
        }

    def alias(self, name: str) -> dict[str, Any]:
        """Return an alias with its chain, each link as people see it; links to providers that are gone are left out."""
        chain = [self.whole(ref) for ref in self.aliases[name] if ref.provider in self.providers]
        answering = next((str(ref) for ref in chain if self.providers[ref.provider].enabled), None)
        return {
            "name": name,
            "built_in": name in BUILT_IN_ALIASES and name not in self.settings.aliases,
            "answers": answering,
            "chain": [self.model(ref) for ref in chain],
        }


def provider_json(config: ProviderConfig, *, own: bool) -> dict[str, Any]:
    """Return a provider as people see it."""
    return {
        "name": config.name,
        "kind": config.kind,
        "own": own,
        "enabled": config.enabled,
        "base_url": config.base_url,
        "region": config.region,
        "api_version": config.api_version,
        "default_model": default_model(config) or None,
        "secret": config.secret or (None if config.kind in _KEYLESS else f"{config.name}-api-key"),
        "guardrail": config.guardrail,
        "guardrail_version": config.guardrail_version,
        "profiles": dict(config.profiles),
        "function": FUNCTIONS[config.kind],
    }


_KEYLESS = frozenset({"extractive", "bedrock", "ollama"})


def _callable(kind: str, ident: str) -> str:
    """Return a spelling that can be asked for: the table calls `regional.…` what is in one region or group of them."""
    bare = ident.removeprefix("regional.")
    return bare if facts(kind, bare) is not None else f"us.{bare}"


def _distinct(refs: Iterable[ModelRef]) -> list[ModelRef]:
    return list(dict.fromkeys(refs))


def _fits(limits: Window, usage: Usage) -> bool:
    if limits.max_output is not None and usage.output_tokens > limits.max_output:
        return False
    return limits.context is None or usage.input_tokens + usage.output_tokens <= limits.context


def _plain(texts: Sequence[str], messages: Sequence[Mapping[str, str]]) -> list[str]:
    return [*texts, *(message.get("content", "") for message in messages)]
