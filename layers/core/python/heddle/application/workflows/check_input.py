"""Check a run's input against its workflow's JSON Schema, and fill in the defaults that the schema states.

References are resolved within the schema only: a schema is written by a user, and must not make us fetch addresses.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from heddle.errors import InvalidInput

MAX_ERRORS = 20


def check_input(schema: Mapping[str, Any], value: Any) -> Any:
    """Return the input with defaults; InvalidInput lists each field that breaks the schema, as `input.<path>`."""
    if value is None:
        value = {}
    if not schema:
        return value
    import jsonschema_rs

    filled = with_defaults(dict(schema), deepcopy(value))
    try:
        validator = jsonschema_rs.validator_for(dict(schema), retriever=_refuse)
        errors = [
            {"field": ".".join(["input", *(str(part) for part in error.instance_path)]), "message": error.message}
            for error, _ in zip(validator.iter_errors(filled), range(MAX_ERRORS), strict=False)
        ]
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        # Schemas are checked when a version is saved; this one refers to what cannot be resolved.
        raise InvalidInput(f"the workflow's input schema cannot be used: {error}") from error
    if errors:
        listed = "; ".join(f"{error['field']}: {error['message']}" for error in errors[:3])
        raise InvalidInput(f"the input breaks the workflow's schema: {listed}", errors=errors)
    return filled


def with_defaults(schema: Any, value: Any) -> Any:
    """Fill in `default` of absent properties, in objects within objects and lists too; present values stay."""
    if not isinstance(schema, dict):
        return value
    if isinstance(value, dict) and isinstance(schema.get("properties"), dict):
        for name, part in schema["properties"].items():
            if name not in value and isinstance(part, dict) and "default" in part:
                value[name] = deepcopy(part["default"])
            if name in value:
                value[name] = with_defaults(part, value[name])
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [with_defaults(schema["items"], each) for each in value]
    return value


def _refuse(uri: str) -> Any:
    raise ValueError(f"references to other documents are not followed: {uri}")
