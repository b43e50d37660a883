"""A tenant's models as forecasts and advice see them: what they cost, and which others could be asked instead."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from heddle.application.ports.model_settings import ModelSettingsStore
from heddle.application.usage.advise import Model
from heddle.application.usage.estimate import PricedModel, PriceModel
from heddle.application.usage.observed import Offer, PriceOf
from heddle.domain.models.catalogue import facts
from heddle.domain.models.prices import FREE_KINDS, Price, PriceBook, priced_as
from heddle.domain.models.resolve import EMBED_ALIAS, MODELS, StageProviders, aliases, candidates, providers
from heddle.domain.models.settings import ModelSettings, ProviderConfig
from heddle.domain.models.tokens import bound, count, family
from heddle.errors import NodeError

_REGION = re.compile(r"^(us-gov|us|eu|apac|global|jp|au|ca)\.")
_MAKER = re.compile(r"^(anthropic|amazon|meta|mistral|openai|models)[./]")
_EDITION = re.compile(r"(-20\d\d-?\d\d-?\d\d)?(-v\d+)?(:\d+)?$")


def same_model(name: str) -> str:
    """Return what a model's id has in common with its ids at other providers: no region, maker, date or edition."""
    return _EDITION.sub("", _MAKER.sub("", _REGION.sub("", name.lower().rpartition("/")[2])))


@dataclass(frozen=True)
class TenantPrices:
    """Prices from the tenant's settings and the table, at this moment."""

    settings: ModelSettingsStore
    stage: StageProviders
    clock: Callable[[], datetime]

    def price_model(self, tenant: str) -> PriceModel:
        """Return what gives the first model that a name stands for, with its price, or says why it cannot."""
        settings = self.settings.get(tenant)
        book, at = PriceBook(settings), self.clock()

        def price(name: str | None) -> PricedModel | str:
            try:
                first = candidates(settings, self.stage, name)[0]
            except NodeError as error:
                return error.message
            found = book.price(first.provider, first.model, at)
            if found is None:
                return f"nobody knows what {first.ref} costs: not priced"
            kind = family(first.provider.kind, first.model)
            return PricedModel(
                str(first.ref),
                found.source,
                found.cost,
                lambda request: bound(request, kind),
                lambda text: count(kind, text).tokens,
            )

        return price

    def now(self, tenant: str, models: Iterable[Model]) -> dict[Model, PriceOf]:
        """Return the prices of those models that have one."""
        settings = self.settings.get(tenant)
        offered, book, at = providers(settings, self.stage), PriceBook(settings), self.clock()
        found: dict[Model, PriceOf] = {}
        for provider, model in models:
            price = book.price(offered[provider], model, at) if provider in offered else None
            if price is not None:
                found[provider, model] = price.cost
        return found

    def instead(self, tenant: str, models: Iterable[Model]) -> dict[Model, list[Offer]]:
        """Return other models of the same provider, and the same model of others, as far as the tenant can ask them.

        Only models that an alias of the tenant or a built-in one stands for: not everything that is for sale is meant.
        """
        settings = self.settings.get(tenant)
        offered, book, at = providers(settings, self.stage), PriceBook(settings), self.clock()
        known = {name: tuple(self._models(settings, config)) for name, config in offered.items()}
        found: dict[Model, list[Offer]] = {}
        for provider, model in models:
            offers = []
            for name, config in offered.items():
                if not config.enabled or config.kind in FREE_KINDS:
                    continue
                for other in known[name]:
                    same = same_model(other) == same_model(model)
                    # Another edition of the same model at the same provider is none that anyone could switch to.
                    if same == (name == provider):
                        continue
                    price = book.price(config, other, at)
                    if price is not None:
                        offers.append(Offer(name, other, _cost(price), same))
            found[provider, model] = offers
        return found

    def _models(self, settings: ModelSettings, config: ProviderConfig) -> Iterator[str]:
        """Give the models of a provider that anyone is meant to ask for text."""
        built_in = {model for alias, model in MODELS.get(config.kind, {}).items() if alias != EMBED_ALIAS}
        named = {
            ref.model
            for alias, chain in aliases(settings, self.stage).items()
            for ref in chain
            if ref.provider == config.name and alias != EMBED_ALIAS
        }
        for model in sorted(built_in | named | {config.default_model or ""} - {""}):
            known = facts(config.kind, priced_as(config, model))
            if known is None or known.prices:  # without prices: not for text
                yield model


def _cost(price: Price) -> PriceOf:
    return lambda read, written: price.cost(read, written)
