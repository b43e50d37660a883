"""Events to their stored name and JSON data, and back, under names and versions that outlive the classes.

Old schema versions are brought forward on read by upcasters, one step at a time. A field that this code does not know
(written by a newer deployment during a rollout) is left out; a field that is missing takes its default.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, get_type_hints

from heddle.domain.events.event_types import EVENT_TYPES
from heddle.errors import HeddleError

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the data of schema version n into that of version n + 1."""

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type name, version n) to the function that makes version n + 1."""

_NAMES: dict[type[Any], str] = {cls: name for name, cls in EVENT_TYPES.items()}
_FIELDS: dict[str, tuple[str, ...]] = {
    name: tuple(field.name for field in fields(cls)) for name, cls in EVENT_TYPES.items()
}
_VALUES: dict[str, Callable[[Any], tuple[Any, ...]]] = {name: attrgetter(*names) for name, names in _FIELDS.items()}
# JSON has no tuples: these fields come back as lists and are turned again.
_TUPLES: dict[str, tuple[str, ...]] = {
    name: tuple(field for field, hint in get_type_hints(cls).items() if "tuple" in str(hint))
    for name, cls in EVENT_TYPES.items()
}
_ENCODING = {cls: (name, _FIELDS[name], _VALUES[name], _TUPLES[name]) for cls, name in _NAMES.items()}


def schema_version(type_name: str, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS) -> int:
    """Return the version that new events of this type are written in."""
    version = 1
    while (type_name, version) in upcasters:
        version += 1
    return version


def encode(event: Any) -> tuple[str, dict[str, Any]]:
    """Return the event's stored name and its data as plain JSON values (payloads are passed on, not copied)."""
    name, names, values, tuples = _ENCODING[type(event)]
    data = dict(zip(names, values(event)))  # noqa: B905  as many values as names; checking costs a third of the call
    for field in tuples:
        if data[field] is not None:
            data[field] = list(data[field])
    return name, data


def upcast(
    type_name: str,
    data: dict[str, Any],
    version: int,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> tuple[dict[str, Any], int]:
    """Bring stored data to the newest schema version; returns it with that version."""
    while upcaster := upcasters.get((type_name, version)):
        data, version = upcaster(dict(data)), version + 1
    return data, version


def decode(
    type_name: str,
    data: dict[str, Any],
    schema_version: int = 1,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> Any:
    """Rebuild the event from what `encode` returned, whatever schema version it was written in.

    Raises HeddleError with code `unknown_event_type` for a name that no event ever had.
    """
    cls = EVENT_TYPES.get(type_name)
    if cls is None:
        raise HeddleError(f"there is no event called {type_name!r}", code="unknown_event_type", type=type_name)
    data, _ = upcast(type_name, data, schema_version, upcasters)
    values = {field: data[field] for field in _FIELDS[type_name] if field in data}
    for field in _TUPLES[type_name]:
        if values.get(field) is not None:
            values[field] = tuple(values[field])
    return cls(**values)
