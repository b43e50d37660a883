"""Where a client may put its credential when it opens a WebSocket: browsers cannot set headers there."""

from collections.abc import Mapping

from heddle.errors import Unauthenticated

SUBPROTOCOL = "access_token."


def credential(headers: Mapping[str, str], query: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that `Authenticate` reads, from one of four places; Unauthenticated if there are two.

    `Authorization: Bearer …`, `X-Api-Key: …`, the query's `token`, or the sub-protocol `access_token.<jwt>`.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    offered = [each.strip() for each in lowered.get("sec-websocket-protocol", "").split(",")]
    tokens = [each.removeprefix(SUBPROTOCOL) for each in offered if each.startswith(SUBPROTOCOL)]
    if query.get("token"):
        tokens.append(query["token"])
    found = {name: lowered[name] for name in ("authorization", "x-api-key") if lowered.get(name)}
    if len(tokens) + len(found) > 1:
        raise Unauthenticated("send one credential: a header, the query's token, or the sub-protocol")
    return {"authorization": f"Bearer {tokens[0]}"} if tokens else found


def subprotocol(headers: Mapping[str, str]) -> str | None:
    """Return the offered sub-protocol that carries the token: a browser wants one of those it offered chosen."""
    offered = {name.lower(): value for name, value in headers.items()}.get("sec-websocket-protocol", "")
    return next((each.strip() for each in offered.split(",") if each.strip().startswith(SUBPROTOCOL)), None)
