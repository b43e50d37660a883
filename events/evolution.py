"""What may change in a schema that has been committed: it may gain optional fields, and an enumeration values.

Whoever stored or reads events of that version goes by the old schema. Any other change is a new schema version with
an upcaster (docs/concepts/adding-an-event.md).
"""

from collections.abc import Mapping
from typing import Any


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what the new schema breaks of the old one, in words; empty if it only gains optional fields."""
    before, after = old.get("properties", {}), new.get("properties", {})
    problems = [f"{name} was removed" for name in before if name not in after]
    for name in before.keys() & after.keys():
        if not _fits(_shape(before[name]), _shape(after[name])):
            problems.append(f"{name} changed its type")
    required = set(new.get("required", ())) - set(old.get("required", ()))
    problems += [f"{name} became required" for name in required]
    return sorted(problems)


def _fits(before: Any, after: Any) -> bool:
    """Tell whether a reader of the old schema can read what the new one describes, passing over values it knows not."""
    if before == after:
        return True
    known, found = (set(schema.get("enum", ())) if isinstance(schema, Mapping) else set() for schema in (before, after))
    return bool(known) and known <= found


def _shape(schema: Any) -> Any:
    """Return a schema without what only explains it."""
    if isinstance(schema, Mapping):
        return {key: _shape(value) for key, value in schema.items() if key not in ("title", "description", "default")}
    if isinstance(schema, list):
        return [_shape(value) for value in schema]
    return schema
