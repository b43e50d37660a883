"""The routes about models."""

from heddle.runtime.api.routes.route import Query, Route

_USAGE = (
    Query("input_tokens", "tokens of the prompt", "integer", default=1000, minimum=0, maximum=1_000_000_000),
    Query("output_tokens", "tokens of the answer", "integer", default=100, minimum=0, maximum=1_000_000_000),
)

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/models",
        "list_models",
        "models",
        "viewer",
        "models:read",
        "List aliases and models with prices and windows",
        query=(Query("provider", "every known model of this provider, instead of those that aliases name"),),
        errors=(404, 409),
    ),
    Route(
        "GET",
        "/models/compare",
        "compare_models",
        "models",
        "viewer",
        "models:read",
        "Compare what two models cost",
        query=(
            Query("a", "alias or provider/model", default="default"),
            Query("b", "alias or provider/model", default="best"),
            *_USAGE,
            Query("calls_per_day", "for what a month costs", "integer", default=1, minimum=0, maximum=1_000_000_000),
        ),
        errors=(404, 409),
    ),
    Route(
        "GET",
        "/models/cheapest",
        "cheapest_model",
        "models",
        "viewer",
        "models:read",
        "List models by what a usage costs with them",
        query=(*_USAGE, Query("models", "only these, a comma list of aliases or provider/model")),
        errors=(404, 409),
    ),
    Route(
        "POST",
        "/models/count",
        "count_tokens",
        "models",
        "viewer",
        "models:read",
        "Count tokens, asking no provider",
        errors=(404, 409),
    ),
)
