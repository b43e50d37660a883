"""What a tenant may do at a time and per second, and the document that says so for all of them.

    {"default": {"concurrent_runs": 50}, "tenants": {"acme": {"concurrent_runs": 200}}}

What `default` leaves out is as `Limits` says, what a tenant leaves out is as in `default`.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from heddle.errors import InvalidInput
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one tenant.

    `concurrent_runs` hold a slot at a time, the others wait in line. `starts_per_second` begin, `start_burst` at once
    after a pause. `connections` are open WebSockets, of the tenant and per user; `frames_per_second` come in by them,
    `frame_burst` at once: of the tenant, of a user, of a connection, and of some types, of a connection.
    """

    concurrent_runs: int = 50
    starts_per_second: float = 100
    start_burst: int = 1_000
    connections: int = 10_000
    connections_per_user: int = 20
    frames_per_second: float = 10_000
    frame_burst: int = 20_000
    user_frames_per_second: float = 500
    user_frame_burst: int = 1_000
    connection_frames_per_second: float = 100
    connection_frame_burst: int = 200
    authenticate_frames_per_second: float = 1
    authenticate_frame_burst: int = 5
    subscribe_frames_per_second: float = 10
    subscribe_frame_burst: int = 20
    broadcast_frames_per_second: float = 50
    broadcast_frame_burst: int = 100
    direct_message_frames_per_second: float = 200
    direct_message_frame_burst: int = 400


NAMES = tuple(field.name for field in fields(Limits))
HIGHEST = 1_000_000
FRACTIONS = frozenset(name for name in NAMES if name.endswith("_per_second"))
"""Those that need not be whole numbers."""


@dataclass(frozen=True, slots=True)
class LimitsDocument:
    """The limits of all tenants."""

    default: Limits
    tenants: Mapping[str, Limits]

    def of(self, tenant: str) -> Limits:
        """Return the limits of a tenant."""
        return self.tenants.get(tenant, self.default)


def read_limits(text: str | bytes) -> LimitsDocument:
    """Read a document; InvalidInput `invalid_limits` names what is wrong with it."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _invalid("", f"is not JSON: {error}") from error
    _check_object("", document, ("default", "tenants"))
    default = _limits("default", document.get("default", {}), Limits())
    tenants = document.get("tenants", {})
    _check_object("tenants", tenants, None)
    return LimitsDocument(
        default, {name: _limits(f"tenants.{name}", given, default) for name, given in tenants.items()}
    )


def limits_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document (draft 4, which AppConfig knows): what it refuses never gets here."""
    numbers = {
        name: {
            "type": "number" if name in FRACTIONS else "integer",
            "minimum": 0,
            "exclusiveMinimum": True,
            "maximum": HIGHEST,
        }
        for name in NAMES
    }
    one = {"type": "object", "properties": numbers, "additionalProperties": False}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {"default": one, "tenants": {"type": "object", "additionalProperties": one}},
        "additionalProperties": False,
    }


def _limits(place: str, given: Any, base: Limits) -> Limits:
    _check_object(place, given, NAMES)
    for name, value in given.items():
        kinds = (int, float) if name in FRACTIONS else (int,)
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value <= HIGHEST:
            kind = "a number" if name in FRACTIONS else "a whole number"
            raise _invalid(f"{place}.{name}", f"must be {kind} above 0, at most {HIGHEST}")
    return replace(base, **given)


def _check_object(place: str, value: Any, names: tuple[str, ...] | None) -> None:
    if not isinstance(value, dict):
        raise _invalid(place, "must be an object")
    unknown = sorted(set(value) - set(names)) if names is not None else []
    if unknown:
        where = f"{place}.{unknown[0]}" if place else unknown[0]
        raise _invalid(where, f"is unknown; there are {', '.join(names or ())}")


def _invalid(place: str, message: str) -> InvalidInput:
    name = place or "the document"
    errors = [{"field": place, "message": message}]
    return InvalidInput(f"{name} {message}", code="invalid_limits", errors=errors)
