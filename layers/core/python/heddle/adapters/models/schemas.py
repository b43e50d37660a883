"""Asking for JSON of a schema: in the provider's own way if it can express the schema, else by an instruction."""

import json
from typing import Any

# Closing the parts of these would say something else than closing the whole.
_OPEN = (
    *("patternProperties", "unevaluatedProperties", "propertyNames", "dependentSchemas", "dependentRequired"),
    *("if", "not", "oneOf", "allOf", "prefixItems", "contains"),
)
# What constrained decoding cannot hold a model to. The model is told in words, and the caller validates.
_BOUNDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
)
_KEPT = ("type", "description", "enum", "const", "$ref", "title", "default", "format")
_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
# What OpenAI's strict mode knows; it refuses a schema with anything else.
_STRICT = frozenset(
    {"type", "description", "title", "enum", "const", "$ref", "$defs", "definitions", "anyOf", "items", "properties"}
    | {"required", "additionalProperties", "pattern", "format", "minimum", "maximum", "exclusiveMinimum"}
    | {"exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)
_DEPTH = 30


def instruction(schema: dict[str, Any]) -> str:
    """Return the words that ask for an answer of this schema."""
    text = json.dumps(schema, ensure_ascii=False)
    return f"Answer with JSON only: no other words and no code fences. It must be valid against this schema:\n{text}"


def closed(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema as decoders can be held to it: every object with exactly its properties.

    None if that would say something else: an object with names of any kind, definitions that use each other (or
    themselves), a root that is no object.
    """
    if schema.get("type") != "object":
        return None
    names = ("$defs", "definitions")
    definitions = {name: schema[name] for name in names if isinstance(schema.get(name), dict)}
    if '"$ref"' in json.dumps(definitions):
        return None
    try:
        result = _closed({key: value for key, value in schema.items() if key not in names}, _DEPTH)
        for name, parts in definitions.items():
            result[name] = {key: _closed(part, _DEPTH) for key, part in parts.items()}
    except _TooOpen:
        return None
    return result


class _TooOpen(Exception):
    pass


def _closed(schema: Any, depth: int) -> dict[str, Any]:
    if not isinstance(schema, dict) or not schema or depth == 0 or any(name in schema for name in _OPEN):
        raise _TooOpen
    if not schema.get("$ref", "#/$defs/").startswith(("#/$defs/", "#/definitions/")):
        raise _TooOpen
    result = {name: schema[name] for name in _KEPT if name in schema}
    if result.get("format") not in (None, *_FORMATS):
        del result["format"]
    bounds = ", ".join(f"{name}: {json.dumps(schema[name])}" for name in _BOUNDS if name in schema)
    if bounds:
        result["description"] = f"{schema.get('description', '')} ({bounds})".strip()
    if any(isinstance(value, dict | list) for value in schema.get("enum", ())):
        raise _TooOpen
    if "anyOf" in schema:
        result["anyOf"] = [_closed(part, depth - 1) for part in schema["anyOf"]]
    kinds = schema.get("type")
    if kinds == "object" or (isinstance(kinds, list) and "object" in kinds):
        if schema.get("additionalProperties") not in (None, False) or "properties" not in schema:
            raise _TooOpen
        result["properties"] = {name: _closed(part, depth - 1) for name, part in schema["properties"].items()}
        result["required"] = list(schema.get("required", ()))
        result["additionalProperties"] = False
    if kinds == "array" or (isinstance(kinds, list) and "array" in kinds):
        result["items"] = _closed(schema.get("items"), depth - 1)
    return result


def is_strict(schema: dict[str, Any]) -> bool:
    """Return whether OpenAI's strict mode takes the schema as it is: closed objects, every property required."""
    return closed(schema) is not None and _is_strict(schema)


def _is_strict(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(_is_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if not _STRICT.issuperset(schema) or schema.get("format", "date") not in _FORMATS:
        return False
    if isinstance(schema.get("properties"), dict):
        if schema.get("additionalProperties") is not False:
            return False
        if set(schema.get("required", ())) != set(schema["properties"]):
            return False
        if not all(_is_strict(part) for part in schema["properties"].values()):
            return False
    parts = [schema.get(name) for name in ("items", "anyOf")]
    defined = [part for name in ("$defs", "definitions") for part in (schema.get(name) or {}).values()]
    return all(_is_strict(part) for part in (*parts, *defined))
