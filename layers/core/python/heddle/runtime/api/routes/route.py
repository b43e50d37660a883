"""What a route is, and whether somebody may use it."""

from typing import Literal

from heddle.records import dataclass

Role = Literal["public", "viewer", "editor", "admin"]

ROLES: tuple[Role, ...] = ("public", "viewer", "editor", "admin")
"""From least to most; each includes the ones before it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter: its type, bounds, default, and what it means."""

    name: str
    summary: str
    type: Literal["string", "integer"] = "string"
    default: str | int | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `name` is the operation id and the name of its endpoint function.

    `role` is the least role a principal needs; `scope` is what an API key needs besides (None: keys cannot call it,
    unless the route is public). `{name}` in the path is a parameter. `errors` are the statuses that this route can
    answer with besides those of every route like it. `if_match`: what the header of that name does.
    """

    method: str
    path: str
    name: str
    tag: str
    role: Role
    scope: str | None
    summary: str
    query: tuple[Query, ...] = ()
    errors: tuple[int, ...] = ()
    if_match: str | None = None


CURSOR = Query("cursor", "where the page before ended, as it said in `cursor`")
PAGE = (Query("limit", "how many to return", "integer", default=50, minimum=1, maximum=100), CURSOR)


def role_allows(roles: tuple[str, ...], least: Role) -> bool:
    """Say whether any of the roles is at least `least`."""
    rank = {role: number for number, role in enumerate(ROLES)}
    return max((rank.get(role, 0) for role in roles), default=0) >= rank[least]  # type: ignore[call-overload]


def scope_allows(scopes: tuple[str, ...], needed: str | None) -> bool:
    """Say whether the scopes cover `needed`; `*` covers all, `x:write` covers `x:read`, a route without one nobody."""
    if "*" in scopes:
        return True
    if needed is None:
        return False
    if needed == "*":
        return bool(scopes)
    noun, _, verb = needed.partition(":")
    return needed in scopes or (verb == "read" and f"{noun}:write" in scopes)
