"""Changing a tenant's model settings: providers, aliases, prices. Everything is checked before anything is written."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from heddle.application.ports.model_settings import ModelSettingsStore
from heddle.domain.models.check import (
    MOST_ALIASES,
    MOST_PRICES,
    MOST_PROVIDERS,
    CheckUrl,
    Problems,
    alias_problems,
    aliases_using,
    price_problems,
    provider_problems,
)
from heddle.domain.models.resolve import StageProviders, aliases, providers
from heddle.domain.models.settings import ModelSettings, PriceOverride, ProviderConfig, model_ref
from heddle.errors import Conflict, InvalidInput, NotFound, VersionConflict
from heddle.records import dataclass

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ConfigureModels:
    """Each method returns the settings as they are afterwards.

    With `expected_version` a change is made behind that version only; without it, on top of whatever is there. Raises
    InvalidInput `invalid_body` with every problem, VersionConflict, and the errors that a method names.
    """

    store: ModelSettingsStore
    stage: StageProviders
    check_url: CheckUrl

    def put_provider(
        self, tenant: str, config: ProviderConfig, *, expected_version: int | None = None
    ) -> ModelSettings:
        """Add a provider, or replace the one of its name."""

        def change(settings: ModelSettings) -> ModelSettings:
            _refuse(provider_problems(config, self.check_url))
            changed = {**settings.providers, config.name: config}
            _refuse(_too_many("name", len(changed), MOST_PROVIDERS, "providers"))
            return replace(settings, providers=changed)

        return self._change(tenant, change, expected_version)

    def delete_provider(self, tenant: str, name: str, *, expected_version: int | None = None) -> ModelSettings:
        """Remove a provider of the tenant's own; if the stage has one of that name, it is back.

        Raises NotFound `provider_not_found`, and Conflict `provider_in_use` if an alias would lose it.
        """

        def change(settings: ModelSettings) -> ModelSettings:
            if name not in settings.providers:
                raise NotFound(f"your tenant has configured no provider {name!r}", code="provider_not_found")
            using = aliases_using(name, settings.aliases)
            if using and name not in providers(ModelSettings(), self.stage):
                raise Conflict(
                    f"the provider {name!r} is used by the aliases {', '.join(using)}: change or delete them first",
                    code="provider_in_use",
                    aliases=using,
                )
            left = {each: config for each, config in settings.providers.items() if each != name}
            return replace(settings, providers=left)

        return self._change(tenant, change, expected_version)

    def put_alias(
        self, tenant: str, name: str, chain: Sequence[str], *, expected_version: int | None = None
    ) -> ModelSettings:
        """Let an alias stand for models (`provider/model`), tried in this order."""

        def change(settings: ModelSettings) -> ModelSettings:
            known = aliases(settings, self.stage)
            _refuse(alias_problems(name, chain, providers(settings, self.stage), known))
            changed = {**settings.aliases, name: tuple(model_ref(text) for text in chain)}
            _refuse(_too_many("name", len(changed), MOST_ALIASES, "aliases"))
            return replace(settings, aliases=changed)

        return self._change(tenant, change, expected_version)

    def delete_alias(self, tenant: str, name: str, *, expected_version: int | None = None) -> ModelSettings:
        """Remove an alias of the tenant's own; a built-in one means again what it means. NotFound `alias_not_found`."""

        def change(settings: ModelSettings) -> ModelSettings:
            if name not in settings.aliases:
                raise NotFound(f"your tenant has configured no alias {name!r}", code="alias_not_found")
            return replace(settings, aliases={each: chain for each, chain in settings.aliases.items() if each != name})

        return self._change(tenant, change, expected_version)

    def put_prices(
        self,
        tenant: str,
        *,
        prices: Sequence[PriceOverride],
        price_ceiling: tuple[str, str] | None,
        cache_seconds: int,
        expected_version: int | None = None,
    ) -> ModelSettings:
        """Replace the tenant's own prices, its ceiling for unknown models, and how long answers are reused."""

        def change(settings: ModelSettings) -> ModelSettings:
            _refuse(_too_many("prices", len(prices), MOST_PRICES, "prices"))
            _refuse(price_problems(prices, providers(settings, self.stage)))
            return replace(settings, prices=tuple(prices), price_ceiling=price_ceiling, cache_seconds=cache_seconds)

        return self._change(tenant, change, expected_version)

    def _change(
        self, tenant: str, change: Callable[[ModelSettings], ModelSettings], expected: int | None
    ) -> ModelSettings:
        for attempt in range(1, _ATTEMPTS + 1):
            settings = self.store.get(tenant)
            if expected is not None and settings.version != expected:
                message = f"the model settings are at version {settings.version}, not {expected}"
                raise VersionConflict(message, expected=expected, version=settings.version)
            changed = change(settings)
            try:
                return self.store.save(tenant, changed, expected_version=settings.version)
            except VersionConflict:
                # Somebody changed something else at the same time: the change is made again, on top of theirs.
                if expected is not None or attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")


def _too_many(field: str, number: int, most: int, what: str) -> Problems:
    return [(field, f"a tenant has at most {most} {what}")] if number > most else []


def _refuse(problems: Problems) -> None:
    if not problems:
        return
    raise InvalidInput(
        "; ".join(f"{field}: {message}" for field, message in problems[:3]),
        code="invalid_body",
        errors=[{"field": field, "message": message} for field, message in problems],
    )
