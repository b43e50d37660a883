"""The routes about logging in and out."""

from heddle.runtime.api.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/login",
        "login",
        "identity",
        "public",
        None,
        "Exchange user name and password for tokens",
        errors=(401, 409, 429),
    ),
    Route(
        "POST",
        "/refresh",
        "refresh",
        "identity",
        "public",
        None,
        "Exchange a refresh token for fresh tokens",
        errors=(401, 409, 429),
    ),
    Route("POST", "/logout", "logout", "identity", "viewer", None, "Revoke a refresh token, or sign out everywhere"),
    Route("GET", "/me", "me", "identity", "viewer", "*", "Say who the caller is"),
)
