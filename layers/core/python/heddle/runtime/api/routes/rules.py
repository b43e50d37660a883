"""The routes about rules for what clients send."""

from heddle.runtime.api.routes.route import Route

_TAG, _READ, _WRITE = "routing rules", "rules:read", "rules:write"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/routing-rules",
        "list_rules",
        _TAG,
        "viewer",
        _READ,
        "List the rules in the order in which they judge, with what they did",
    ),
    Route("POST", "/routing-rules", "create_rule", _TAG, "admin", _WRITE, "Save a new rule", errors=(409,)),
    Route(
        "PUT",
        "/routing-rules/settings",
        "set_rule_settings",
        _TAG,
        "admin",
        _WRITE,
        "Say what happens to messages that no rule decides, and whether tags of HTML are taken out",
        errors=(409,),
    ),
    Route("GET", "/routing-rules/presets", "list_rule_presets", _TAG, "viewer", _READ, "List rules to begin with"),
    Route(
        "POST",
        "/routing-rules/presets/{preset}",
        "install_rule_preset",
        _TAG,
        "admin",
        _WRITE,
        "Save a preset as a rule of its name",
        errors=(409,),
    ),
    Route(
        "POST",
        "/routing-rules/test",
        "test_rules",
        _TAG,
        "viewer",
        _READ,
        "Say what the rules, or others, would make of a message; nothing is sent or counted",
    ),
    Route("GET", "/routing-rules/{rule}", "get_rule", _TAG, "viewer", _READ, "Show a rule and what it did"),
    Route(
        "PUT",
        "/routing-rules/{rule}",
        "save_rule",
        _TAG,
        "admin",
        _WRITE,
        "Save a rule under this name, new or instead of the one there is",
        errors=(409,),
    ),
    Route("DELETE", "/routing-rules/{rule}", "delete_rule", _TAG, "admin", _WRITE, "Delete a rule", errors=(409,)),
)
