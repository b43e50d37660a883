"""The route about analyses; functions/content/analyze answers it."""

from heddle.runtime.api.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/analyze",
        "analyze_content",
        "analyses",
        "editor",
        "documents:write",
        "Analyse a text or a file: what it says, about what, in which language, how well and for whom",
        errors=(404, 408, 413),
    ),
)
