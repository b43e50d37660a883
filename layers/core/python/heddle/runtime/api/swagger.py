"""Swagger UI from the files that Powertools carries: no other host is asked, and any path prefix works.

The page finds its own prefix in the browser, because the API does not know what stands before it (a stage, an edge,
both or neither). That script is the one inline script, and the content security policy names its hash.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path

from heddle.runtime.api.http import Reply

_SCRIPT = """
const root = location.pathname.replace(/\\/swagger-ui\\/*$/, "");
const add = (name, set) => document.head.appendChild(Object.assign(document.createElement(name), set));
add("link", {rel: "stylesheet", href: root + "/swagger-ui/swagger-ui.css"});
add("script", {
  src: root + "/swagger-ui/swagger-ui-bundle.js",
  onload: () => SwaggerUIBundle({
    url: root + "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, persistAuthorization: true,
    tryItOutEnabled: true, docExpansion: "list", validatorUrl: null,
  }),
});
"""

_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Heddle API</title><link rel="icon" href="data:,"></head>
<body><div id="swagger-ui">Loading…</div><script>{_SCRIPT}</script></body>
</html>
"""

_FILES = {
    "swagger-ui-bundle.js": ("swagger-ui-bundle.min.js", "text/javascript; charset=utf-8"),
    "swagger-ui.css": ("swagger-ui.min.css", "text/css; charset=utf-8"),
}


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    return (
        f"default-src 'self'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; frame-ancestors 'none'"
    )


def page() -> Reply:
    """Return the page."""
    return Reply(200, _PAGE, {"Content-Security-Policy": _policy()}, "text/html; charset=utf-8")


def asset(name: str) -> Reply | None:
    """Return one of the files that the page loads, or None."""
    if name not in _FILES:
        return None
    from aws_lambda_powertools.event_handler.openapi import swagger_ui

    file, media_type = _FILES[name]
    assert swagger_ui.__file__ is not None
    text = (Path(swagger_ui.__file__).parent / file).read_text(encoding="utf-8")
    return Reply(200, text, {"Cache-Control": "public, max-age=86400"}, media_type)
