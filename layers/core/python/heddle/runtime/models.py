"""What a stage offers its tenants in models, from the environment of its functions."""

from collections.abc import Mapping

from heddle.adapters.models import stage
from heddle.domain.models.check import CheckUrl
from heddle.domain.models.resolve import StageProviders

_PLAIN_HTTP = frozenset({"ollama", "openai-compatible"})
"""Kinds that may be reached without TLS, on hosts that the stage allows: they run beside it."""

_BY_TENANTS_KEY = ("openai", "anthropic", "gemini")
"""Kinds that need nothing but a key: each tenant can ask them that has one in its secrets, whatever the stage has."""


def stage_providers(default: str, environment: Mapping[str, str]) -> StageProviders:
    """Return the providers of a stage; `default` is what DEFAULT_PROVIDER names.

    Which function asks does not matter: a key of the stage, which only some functions have, adds no provider here.
    """
    by_key = {kind: stage.stage_config(kind, environment) for kind in _BY_TENANTS_KEY}
    return StageProviders(stage.stage_providers(environment) | by_key, default)


def url_checker(allowed_hosts: tuple[str, ...]) -> CheckUrl:
    """Return the check of a provider's address: https to the outside, or anything on a host that the stage allows."""
    from heddle.domain.addresses import allowed_among, leads_inside, parse_target
    from heddle.errors import NodeError

    allowed = {host.strip().lower() for host in allowed_hosts}

    def check(kind: str, url: str) -> str | None:
        try:
            target = parse_target(url)
        except NodeError as error:
            return str(error.details.get("reason") or error.message)
        if allowed_among(target, allowed):
            if target.scheme == "https" or kind in _PLAIN_HTTP:
                return None
            return "must begin with https://"
        if target.scheme != "https":
            beside = ", or name a host that this stage allows" if kind in _PLAIN_HTTP else ""
            return f"must begin with https://{beside}"
        inside = leads_inside(target)
        return "leads inside a network, to a host that this stage does not allow" if inside else None

    return check
