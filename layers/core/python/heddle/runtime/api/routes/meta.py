"""The routes about the API itself and what there is to build with."""

from heddle.runtime.api.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route("GET", "/node-types", "list_node_types", "catalogue", "viewer", "workflows:read", "List the node types"),
    Route("GET", "/health", "health", "service", "public", None, "Say whether the API answers"),
    Route(
        "GET", "/health/detailed", "health_detailed", "service", "public", None, "Check everything the API depends on"
    ),
    Route("GET", "/info", "info", "service", "public", None, "Say what this is and which version"),
    Route("GET", "/openapi.json", "openapi", "service", "public", None, "The OpenAPI document of this API"),
    Route("GET", "/swagger-ui", "swagger_ui", "service", "public", None, "Try the API in the browser"),
    Route("GET", "/swagger-ui/{asset}", "swagger_asset", "service", "public", None, "A file of Swagger UI"),
)
