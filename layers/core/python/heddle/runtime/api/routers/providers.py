"""A tenant's providers, aliases, prices: who is asked for which model, and by whose price list."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from heddle.errors import InvalidInput
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request, checked
from heddle.runtime.api.if_match import etag, expected_version
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.domain.models.settings import ModelSettings
    from heddle.runtime.api.bodies.providers import ProviderBody

_OF = "model settings"
"""All of a tenant's providers, aliases and prices have one version."""


@endpoint("list_providers")
def list_providers(services: Services, request: Request) -> Reply:
    """GET /providers."""
    version = services.ports.model_settings.get(request.tenant).version
    items = services.describe_models.providers(request.tenant, services.now())
    return Reply(200, {"items": items, "cursor": None, "version": version}, etag(version))


@endpoint("put_provider")
def put_provider(services: Services, request: Request) -> Reply:
    """PUT /providers/{provider}."""
    from heddle.application.models.describe import provider_json
    from heddle.domain.models.settings import ProviderConfig

    name = request.params["provider"]
    body = _checked(request, name)
    config = ProviderConfig(name=name, **body.model_dump(exclude={"expected_version"}))
    saved = services.configure_models.put_provider(
        request.tenant, config, expected_version=expected_version(request, body.expected_version, of=_OF)
    )
    shown = {**provider_json(config, own=True), "version": saved.version}
    return Reply(200, shown, etag(saved.version))


@endpoint("delete_provider")
def delete_provider(services: Services, request: Request) -> Reply:
    """DELETE /providers/{provider}."""
    return _deleted(services.configure_models.delete_provider, request, "provider")


@endpoint("put_model_alias")
def put_model_alias(services: Services, request: Request) -> Reply:
    """PUT /model-aliases/{alias}."""
    from heddle.runtime.api.bodies.providers import AliasBody

    name, body = request.params["alias"], request.model(AliasBody)
    saved = services.configure_models.put_alias(
        request.tenant, name, body.models, expected_version=expected_version(request, body.expected_version, of=_OF)
    )
    shown = {"name": name, "models": [str(ref) for ref in saved.aliases[name]], "version": saved.version}
    return Reply(200, shown, etag(saved.version))


@endpoint("delete_model_alias")
def delete_model_alias(services: Services, request: Request) -> Reply:
    """DELETE /model-aliases/{alias}."""
    return _deleted(services.configure_models.delete_alias, request, "alias")


@endpoint("get_model_settings")
def get_model_settings(services: Services, request: Request) -> Reply:
    """GET /model-settings."""
    return _settings(services.ports.model_settings.get(request.tenant))


@endpoint("put_model_settings")
def put_model_settings(services: Services, request: Request) -> Reply:
    """PUT /model-settings."""
    from heddle.domain.models.settings import PriceOverride
    from heddle.runtime.api.bodies.providers import ModelSettingsBody

    body = request.model(ModelSettingsBody)
    ceiling = body.price_ceiling
    saved = services.configure_models.put_prices(
        request.tenant,
        prices=[PriceOverride(**price.model_dump()) for price in body.prices],
        price_ceiling=None if ceiling is None else (ceiling.input_per_million, ceiling.output_per_million),
        cache_seconds=body.cache_seconds,
        expected_version=expected_version(request, body.expected_version, of=_OF),
    )
    return _settings(saved)


def _checked(request: Request, name: str) -> "ProviderBody":
    """Return the body, having refused one that holds a key before anything else is said about it."""
    from heddle.domain.models.check import secrets_in
    from heddle.runtime.api.bodies.providers import ProviderBody

    value = request.json()
    if isinstance(value, dict) and (found := secrets_in(value, name)):
        raise InvalidInput(
            f"{found[0][0]}: {found[0][1]}",
            code="secret_in_body",
            errors=[{"field": field, "message": message} for field, message in found],
        )
    return checked(ProviderBody, value)


def _deleted(delete: "Callable[..., ModelSettings]", request: Request, parameter: str) -> Reply:
    saved = delete(request.tenant, request.params[parameter], expected_version=expected_version(request, of=_OF))
    return Reply(204, headers=etag(saved.version))


def _settings(settings: "ModelSettings") -> Reply:
    ceiling = settings.price_ceiling
    shown = {
        "prices": [asdict(price) for price in settings.prices],
        "price_ceiling": ceiling and {"input_per_million": ceiling[0], "output_per_million": ceiling[1]},
        "cache_seconds": settings.cache_seconds,
        "version": settings.version,
    }
    return Reply(200, shown, etag(settings.version))
