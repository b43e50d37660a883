"""The schema of a run's input: checking the schema itself, filling defaults in, and checking inputs against it."""

from collections.abc import Iterator, Mapping
from typing import Any

from heddle.domain.json_schema import schema_fault, violations
from heddle.domain.workflow.problems import path_of
from heddle.errors import InvalidInput, Problem


def schema_problems(schema: Mapping[str, Any]) -> Iterator[Problem]:
    """Give what is wrong with a workflow's `input`: no JSON Schema, not of an object, defaults that break it."""
    if not schema:
        return
    if schema.get("type", "object") != "object":
        message = f"`input.type` is {schema['type']!r}, but a run's input is always an object"
        yield Problem("WF_INVALID_INPUT_SCHEMA", message, "input.type")
        return
    if (fault := schema_fault(schema)) is not None:
        yield Problem("WF_INVALID_INPUT_SCHEMA", f"`input` is not a valid JSON Schema: {fault}", "input")
        return
    for path, part in _parts(schema, ("input",)):
        if "default" not in part:
            continue
        definitions = {name: schema[name] for name in ("$defs", "definitions") if name in schema}
        for _, message in violations({**part, **definitions}, part["default"]):
            where = path_of((*path, "default"))
            yield Problem("WF_INVALID_INPUT_DEFAULT", f"`{where}` breaks its own schema: {message}", where)


def validate_input(schema: Mapping[str, Any], input: Any) -> Any:
    """Return the input with the schema's defaults filled in; nothing passed in is changed.

    Raises InvalidInput whose `details["errors"]` lists every {field, message}; fields are written `list[0].name`.
    """
    if input is None:
        input = {}
    if not isinstance(input, Mapping):
        raise InvalidInput("the input must be an object", errors=[{"field": "", "message": "must be an object"}])
    filled = _filled(schema, dict(input))
    if not schema:
        return filled
    errors = [{"field": path_of(path), "message": message} for path, message in violations(schema, filled)]
    if errors:
        first = errors[0]
        where = f"`{first['field']}`: " if first["field"] else ""
        raise InvalidInput(f"the input breaks the workflow's schema: {where}{first['message']}", errors=errors)
    return filled


def _filled(schema: Any, value: Any) -> Any:
    """Return the value with defaults for missing properties, at any depth that `properties` and `items` describe."""
    if not isinstance(schema, Mapping):
        return value
    properties = schema.get("properties")
    if isinstance(value, Mapping) and isinstance(properties, Mapping):
        filled = {name: _filled(properties.get(name), each) for name, each in value.items()}
        for name, part in properties.items():
            if name not in filled and isinstance(part, Mapping) and "default" in part:
                filled[name] = _filled(part, part["default"])
        return filled
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [_filled(schema["items"], each) for each in value]
    return value


def _parts(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    yield path, schema
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        for name, part in properties.items():
            if isinstance(part, Mapping):
                yield from _parts(part, (*path, "properties", name))
    if isinstance(schema.get("items"), Mapping):
        yield from _parts(schema["items"], (*path, "items"))
