"""Rules for what clients send: list, save, try, delete."""

from typing import TYPE_CHECKING, Any

from heddle.errors import InvalidInput, NotFound
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heddle.application.ports.rules import RuleCounts
    from heddle.domain.realtime.rules.rule import Rule, RuleSet
    from heddle.runtime.api.bodies.rules import RuleBody


@endpoint("list_rules")
def list_rules(services: Services, request: Request) -> Reply:
    """GET /routing-rules."""
    return _set(services, request, services.change_rules.store.get(request.tenant))


@endpoint("get_rule")
def get_rule(services: Services, request: Request) -> Reply:
    """GET /routing-rules/{rule}."""
    return Reply(200, _one(services, request, services.change_rules.named(request.tenant, request.params["rule"])))


@endpoint("create_rule")
def create_rule(services: Services, request: Request) -> Reply:
    """POST /routing-rules."""
    from heddle.runtime.api.bodies.rules import RuleBody

    body = request.model(RuleBody)
    made, _ = services.change_rules.save(request.tenant, _document(body), by=request.principal.id, create=True)
    return Reply(201, _one(services, request, made), {"Location": f"routing-rules/{made.name}"})


@endpoint("save_rule")
def save_rule(services: Services, request: Request) -> Reply:
    """PUT /routing-rules/{rule}."""
    from heddle.runtime.api.bodies.rules import RuleBody

    body, name = request.model(RuleBody), request.params["rule"]
    if body.name not in (None, name):
        raise InvalidInput(
            f"the path says {name!r} and the body says {body.name!r}",
            code="invalid_body",
            errors=[{"field": "name", "message": "must be left out, or be the name of the path"}],
        )
    document = {**_document(body), "name": name}
    made, fresh = services.change_rules.save(request.tenant, document, by=request.principal.id)
    return Reply(201 if fresh else 200, _one(services, request, made))


@endpoint("delete_rule")
def delete_rule(services: Services, request: Request) -> Reply:
    """DELETE /routing-rules/{rule}."""
    services.change_rules.delete(request.tenant, request.params["rule"])
    return Reply(204)


@endpoint("set_rule_settings")
def set_rule_settings(services: Services, request: Request) -> Reply:
    """PUT /routing-rules/settings."""
    from heddle.runtime.api.bodies.rules import RuleSettingsBody

    body = request.model(RuleSettingsBody)
    changed = services.change_rules.settings(
        request.tenant, default_action=body.default_action, strip_html=body.strip_html
    )
    return _set(services, request, changed)


@endpoint("list_rule_presets")
def list_rule_presets(services: Services, request: Request) -> Reply:
    """GET /routing-rules/presets."""
    from heddle.domain.realtime.rules.presets import PRESETS
    from heddle.domain.realtime.rules.rule import checked

    return Reply(200, {"items": [_bare(checked(document)) for document in PRESETS.values()]})


@endpoint("install_rule_preset")
def install_rule_preset(services: Services, request: Request) -> Reply:
    """POST /routing-rules/presets/{preset}."""
    from heddle.domain.realtime.rules.presets import PRESETS

    name = request.params["preset"]
    if name not in PRESETS:
        raise NotFound(f"there is no preset {name!r}; there are {', '.join(PRESETS)}", code="rule_not_found")
    made, _ = services.change_rules.save(request.tenant, PRESETS[name], by=request.principal.id)
    return Reply(201, _one(services, request, made))


@endpoint("test_rules")
def test_rules(services: Services, request: Request) -> Reply:
    """POST /routing-rules/test."""
    from dataclasses import replace

    from heddle.domain.realtime.rules.judge import judge
    from heddle.domain.realtime.rules.message import Message
    from heddle.domain.realtime.topics import check_topic
    from heddle.runtime.api.bodies.rules import RuleTestBody

    body = request.model(RuleTestBody)
    rules = services.change_rules.store.get(request.tenant)
    if body.rules is not None:
        rules = replace(rules, rules=services.change_rules.checked([_document(each) for each in body.rules]))
    if body.default_action is not None:
        rules = replace(rules, default_action=body.default_action)
    given = body.message.model_dump()
    message = Message(**{**given, "topic": check_topic(given["topic"]), "target_users": tuple(given["target_users"])})
    found = judge(rules, message, tenant=request.tenant, recipients=lambda: body.recipients, clock=services.monotonic)
    answer = {
        "allowed": found.denied_by is None,
        "denied_by": found.denied_by,
        "matched": list(found.matched),
        "message": found.message.to_json(),
        "persist_offline": found.keep,
        "failures": [{"rule": each.rule, "code": each.code, "reason": each.reason} for each in found.failures],
    }
    return Reply(200, answer)


def _document(body: "RuleBody") -> dict[str, Any]:
    return body.model_dump(exclude_unset=True)


def _bare(rule: "Rule") -> dict[str, Any]:
    return {name: value for name, value in rule.to_json().items() if name not in ("updated_by", "disabled_because")}


def _shown(rule: "Rule", counts: "Mapping[str, RuleCounts]") -> dict[str, Any]:
    did = counts.get(rule.name)
    names = ("matched", "denied", "failed", "in_a_row")
    return {**rule.to_json(), "counts": {name: getattr(did, name) if did else 0 for name in names}}


def _one(services: Services, request: Request, rule: "Rule") -> dict[str, Any]:
    return _shown(rule, services.change_rules.store.counts(request.tenant))


def _set(services: Services, request: Request, rules: "RuleSet") -> Reply:
    counts = services.change_rules.store.counts(request.tenant)
    order = [*rules.in_order(), *(rule for rule in rules.rules if not rule.enabled)]
    answer = {
        "items": [_shown(rule, counts) for rule in order],
        "default_action": rules.default_action,
        "strip_html": rules.strip_html,
        "revision": rules.revision,
    }
    return Reply(200, answer)
