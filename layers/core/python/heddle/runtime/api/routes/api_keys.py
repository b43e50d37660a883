"""The routes about API keys."""

from heddle.runtime.api.routes.route import PAGE, Route

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api-keys", "list_api_keys", "identity", "admin", "api-keys:read", "List API keys", query=PAGE),
    Route(
        "POST",
        "/api-keys",
        "create_api_key",
        "identity",
        "admin",
        "api-keys:write",
        "Make an API key, shown once",
        errors=(409,),
    ),
    Route("DELETE", "/api-keys/{key_id}", "revoke_api_key", "identity", "admin", "api-keys:write", "Revoke an API key"),
)
