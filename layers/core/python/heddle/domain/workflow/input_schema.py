"""The schema of a run's input: checking the schema itself, filling defaults in, and checking inputs against it.

jsonschema_rs is imported when first needed. Patterns run in an engine without backtracking, and references to other
documents are refused, so that neither a schema nor an input can make this slow or reach out.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from heddle.domain.workflow.problems import path_of
from heddle.errors import InvalidInput, Problem

_SHOWN = 300
_MAX_ERRORS = 50


def schema_problems(schema: Mapping[str, Any]) -> Iterator[Problem]:
    """Give what is wrong with a workflow's `input`: no JSON Schema, not of an object, defaults that break it."""
    if not schema:
        return
    if schema.get("type", "object") != "object":
        message = f"`input.type` is {schema['type']!r}, but a run's input is always an object"
        yield Problem("WF_INVALID_INPUT_SCHEMA", message, "input.type")
        return
    try:
        _validator(_text(schema))
    except ValueError as error:
        yield Problem("WF_INVALID_INPUT_SCHEMA", f"`input` is not a valid JSON Schema: {_short(str(error))}", "input")
        return
    for path, part in _parts(schema, ("input",)):
        if "default" not in part:
            continue
        definitions = {name: schema[name] for name in ("$defs", "definitions") if name in schema}
        for fault in _validator(_text({**part, **definitions})).iter_errors(part["default"]):
            where = path_of((*path, "default"))
            yield Problem(
                "WF_INVALID_INPUT_DEFAULT", f"`{where}` breaks its own schema: {_short(fault.message)}", where
            )


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
    errors = []
    for error in _validator(_text(schema)).iter_errors(filled):
        errors.append({"field": path_of(list(error.instance_path)), "message": _short(error.message)})
        if len(errors) == _MAX_ERRORS:
            break
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


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False)


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    """Return the validator of a schema, given as JSON; ValueError if it is no schema or refers to somewhere else."""
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for(
            json.loads(schema), retriever=_refuse, pattern_options=jsonschema_rs.RegexOptions(), validate_formats=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(getattr(error, "message", str(error))) from None


def _refuse(uri: str) -> Any:
    raise ValueError(f"references to other documents are not followed: {uri}")


def _short(message: str) -> str:
    return message if len(message) <= _SHOWN else message[: _SHOWN - 1] + "…"
