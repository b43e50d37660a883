"""From the name of a model to the models that are asked, in order.

    None            →  the alias `default`
    best            →  the tenant's alias, else what the stage's default provider has by that name
    openai/gpt-4o   →  that model of that provider; the model's own id may hold slashes
    openai          →  the provider's own default
    gpt-4o          →  the one configured provider that is known to have it

Aliases stand for models, never for aliases: there can be no cycle.
"""

from collections.abc import Mapping

from heddle.domain.models.catalogue import facts
from heddle.domain.models.settings import DEFAULT_ALIAS, ModelRef, ModelSettings, ProviderConfig, model_ref
from heddle.errors import NodeError
from heddle.records import dataclass

EMBED_ALIAS = "embed"
BUILT_IN_ALIASES = (DEFAULT_ALIAS, "fast", "best", EMBED_ALIAS)
"""Names that every tenant can use without having configured anything."""

NEXT_MAY_HELP = frozenset(
    {
        "llm_auth",
        "llm_bad_response",
        "llm_provider_unavailable",
        "llm_quota_exceeded",
        "llm_rate_limited",
        "llm_stream_broken",
        "llm_timeout",
        "llm_unavailable",
    }
)
"""Failures that are of one provider, so that the next in the chain may not have them.

Not among them: what the request is to blame for (llm_bad_request, llm_context_too_long), and llm_refused, because a
chain must not look for somebody who says what others would not.
"""

MODELS: Mapping[str, Mapping[str, str]] = {
    "bedrock": {
        DEFAULT_ALIAS: "amazon.nova-lite-v1:0",
        "fast": "amazon.nova-micro-v1:0",
        "best": "amazon.nova-pro-v1:0",
        EMBED_ALIAS: "amazon.titan-embed-text-v2:0",
    },
    "openai": {
        DEFAULT_ALIAS: "gpt-5-mini",
        "fast": "gpt-6-luna",
        "best": "gpt-6.1-sol",
        EMBED_ALIAS: "text-embedding-3-small",
    },
    "anthropic": {DEFAULT_ALIAS: "claude-haiku-4-5", "fast": "claude-haiku-5-5", "best": "claude-opus-5-5"},
    "gemini": {
        DEFAULT_ALIAS: "gemini-3.8-flash",
        "fast": "gemini-3.5-flash-lite",
        "best": "gemini-4-argon",
        EMBED_ALIAS: "gemini-embedding-001",
    },
}
"""What the built-in aliases mean by kind of provider; a kind that is not here has only its `default_model`."""

BUILT_IN = ProviderConfig("extractive", "extractive")
"""The provider that every stage has: it needs no key and no network, and it embeds for those that cannot."""


@dataclass(frozen=True, slots=True)
class StageProviders:
    """What a stage offers to all its tenants. `default` is the provider that the built-in aliases lead to."""

    providers: Mapping[str, ProviderConfig]
    default: str = BUILT_IN.name


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to ask. `model` is "" where the provider alone knows what its default is; `alias` is the name used."""

    provider: ProviderConfig
    model: str
    alias: str = ""

    @property
    def ref(self) -> ModelRef:
        """Name the model as `provider/model`."""
        return ModelRef(self.provider.name, self.model)


def providers(settings: ModelSettings, stage: StageProviders) -> dict[str, ProviderConfig]:
    """Return every provider of a tenant: the stage's, and over them its own."""
    return {BUILT_IN.name: BUILT_IN, **stage.providers, **settings.providers}


def aliases(settings: ModelSettings, stage: StageProviders) -> dict[str, tuple[ModelRef, ...]]:
    """Return every alias of a tenant with its chain: the built-in ones, and over them its own."""
    offered = providers(settings, stage)
    default = offered.get(stage.default, BUILT_IN)
    return {name: (_built_in(default, name),) for name in BUILT_IN_ALIASES} | settings.aliases


def candidates(settings: ModelSettings, stage: StageProviders, name: str | None) -> tuple[Candidate, ...]:
    """Return the models that a name stands for, in the order in which they are asked; at least one.

    Providers that are switched off are left out of a chain. Raises NodeError: `llm_model_unknown` with what there is,
    `llm_provider_unavailable` if all that the name stands for is switched off.
    """
    offered, known = providers(settings, stage), aliases(settings, stage)
    wanted = name or DEFAULT_ALIAS
    if wanted in known:
        chain, alias = known[wanted], wanted
    else:
        chain, alias = (_one(wanted, offered, known),), ""
    found = [_candidate(offered, ref, alias) for ref in chain if ref.provider in offered]
    if not found:
        raise _unknown(wanted, f"{wanted!r} stands for providers that no longer exist", offered, known)
    if usable := tuple(each for each in found if each.provider.enabled):
        return usable
    names = sorted({each.provider.name for each in found})
    raise NodeError(
        f"{wanted!r} cannot be asked: {', '.join(names)} is switched off",
        code="llm_provider_unavailable",
        provider=names[0],
        available=sorted(each.name for each in offered.values() if each.enabled),
    )


def default_model(provider: ProviderConfig) -> str:
    """Return the model of a provider that nobody named one of; "" if there is none for its kind."""
    return provider.default_model or MODELS.get(provider.kind, {}).get(DEFAULT_ALIAS, "")


def _one(name: str, offered: Mapping[str, ProviderConfig], known: Mapping[str, tuple[ModelRef, ...]]) -> ModelRef:
    """Return the one model that a name without an alias means."""
    ref = model_ref(name)
    if ref.provider in offered:
        return ref
    having = [each for each in offered.values() if _has(each, name, known)]
    if len(having) == 1:
        return ModelRef(having[0].name, name)
    if having:
        several = ", ".join(str(ModelRef(each.name, name)) for each in having)
        raise _unknown(name, f"{name!r} is known to several providers: write one of {several}", offered, known)
    if ref.model:
        raise _unknown(name, f"there is no provider {ref.provider!r}, which {name!r} begins with", offered, known)
    raise _unknown(name, f"there is neither an alias nor a provider nor a known model {name!r}", offered, known)


def _has(provider: ProviderConfig, model: str, known: Mapping[str, tuple[ModelRef, ...]]) -> bool:
    if model in (provider.default_model, *provider.profiles, *provider.profiles.values()):
        return True
    if any(ref == ModelRef(provider.name, model) for chain in known.values() for ref in chain):
        return True
    if provider.kind == "azure-openai" or (provider.kind == "bedrock" and model.startswith("claude")):
        return False  # deployments have names of their own; Bedrock's ids begin with who made the model
    return facts(provider.kind, model) is not None


def _built_in(provider: ProviderConfig, alias: str) -> ModelRef:
    model = MODELS.get(provider.kind, {}).get(alias)
    if alias == EMBED_ALIAS:
        return ModelRef(provider.name, model) if model else ModelRef(BUILT_IN.name)
    if alias == DEFAULT_ALIAS or model is None:
        return ModelRef(provider.name, default_model(provider))
    return ModelRef(provider.name, model)


def _candidate(offered: Mapping[str, ProviderConfig], ref: ModelRef, alias: str) -> Candidate:
    provider = offered[ref.provider]
    model = ref.model or default_model(provider)
    # Azure is asked for a deployment; Bedrock's adapter itself looks up the inference profile of a model.
    return Candidate(provider, provider.profiles.get(model, model) if provider.kind == "azure-openai" else model, alias)


def _unknown(
    name: str, reason: str, offered: Mapping[str, ProviderConfig], known: Mapping[str, tuple[ModelRef, ...]]
) -> NodeError:
    from difflib import get_close_matches

    near = get_close_matches(name, [*known, *offered], n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return NodeError(
        f"{reason}{hint}; aliases: {', '.join(sorted(known))}; providers: {', '.join(sorted(offered))}",
        code="llm_model_unknown",
        model=name,
        aliases=sorted(known),
        providers=sorted(offered),
    )
