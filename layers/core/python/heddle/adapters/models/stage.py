"""The providers that a stage offers by its environment, to tenants that have configured nothing."""

from collections.abc import Mapping
from dataclasses import replace

from heddle.domain.models.settings import KINDS, ProviderConfig
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class _Variables:
    """The variables of one kind; `needed` have to be set for the stage to offer it."""

    needed: tuple[str, ...] = ()
    key: str = ""
    base_url: str = ""
    model: str = ""
    api_version: str = ""


_VARIABLES: Mapping[str, _Variables] = {
    "extractive": _Variables(),
    "bedrock": _Variables(model="BEDROCK_MODEL_ID"),
    "openai": _Variables(("OPENAI_API_KEY",), key="OPENAI_API_KEY", base_url="OPENAI_BASE_URL", model="OPENAI_MODEL"),
    "azure-openai": _Variables(
        ("AZURE_OPENAI_ENDPOINT",),  # the key may be a tenant's
        key="AZURE_OPENAI_API_KEY",
        base_url="AZURE_OPENAI_ENDPOINT",
        model="AZURE_OPENAI_MODEL",
        api_version="AZURE_OPENAI_API_VERSION",
    ),
    "anthropic": _Variables(
        ("ANTHROPIC_API_KEY",), key="ANTHROPIC_API_KEY", base_url="ANTHROPIC_BASE_URL", model="ANTHROPIC_MODEL"
    ),
    "gemini": _Variables(("GEMINI_API_KEY",), key="GEMINI_API_KEY", base_url="GEMINI_BASE_URL", model="GEMINI_MODEL"),
    "ollama": _Variables(("OLLAMA_BASE_URL",), base_url="OLLAMA_BASE_URL", model="OLLAMA_MODEL"),
}

KEYED = frozenset({"openai", "azure-openai", "anthropic", "gemini"})
"""The kinds that cannot do without a key; `ollama` and `openai-compatible` send one if there is one."""

STAGE_VARIABLES = tuple(
    sorted(
        {
            name
            for known in _VARIABLES.values()
            for name in (*known.needed, known.key, known.base_url, known.model, known.api_version)
            if name
        }
    )
)
"""Every variable that is read here, for whoever hands an environment on."""


def stage_providers(environ: Mapping[str, str]) -> dict[str, ProviderConfig]:
    """Return what the stage offers, by name; the name of each is its kind."""
    return {
        kind: stage_config(kind, environ)
        for kind, known in _VARIABLES.items()
        if all(environ.get(name) for name in known.needed)
    }


def stage_config(kind: str, environ: Mapping[str, str]) -> ProviderConfig:
    """Return the stage's configuration of a kind, whether or not it has a key for it."""
    known = _VARIABLES.get(kind, _Variables())
    return ProviderConfig(
        name=kind,
        kind=kind,
        base_url=environ.get(known.base_url) or None,
        default_model=environ.get(known.model) or None,
        api_version=environ.get(known.api_version) or None,
    )


def stage_key(config: ProviderConfig, environ: Mapping[str, str]) -> str:
    """Return the stage's own key for a provider, empty if there is none: for the addresses of the stage only."""
    if not at_the_stages_address(config, environ):
        return ""
    return environ.get(_VARIABLES.get(config.kind, _Variables()).key, "")


def at_the_stages_address(config: ProviderConfig, environ: Mapping[str, str]) -> bool:
    """Return whether a provider is asked where the stage says, or the provider itself; not where a tenant says."""
    return not config.base_url or config.base_url == stage_config(config.kind, environ).base_url


def completed(config: ProviderConfig, environ: Mapping[str, str]) -> ProviderConfig:
    """Return the configuration with what it leaves to the stage: address, version and default model."""
    if config.kind not in KINDS or not at_the_stages_address(config, environ):
        return config
    stage = stage_config(config.kind, environ)
    return replace(
        config,
        base_url=stage.base_url,
        default_model=config.default_model or stage.default_model,
        api_version=config.api_version or stage.api_version,
    )
