"""Problems of a document's shape: pydantic's errors in our words, with stable codes and paths into the document."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from heddle.errors import Problem

_CODES = {
    "id": "WF_INVALID_NODE_ID",
    "name": "WF_INVALID_NAME",
    "timeout": "WF_INVALID_TIMEOUT",
    "retry": "WF_INVALID_RETRY",
    "for_each": "WF_INVALID_FOR_EACH",
    "cache": "WF_INVALID_CACHE",
    "labels": "WF_INVALID_LABELS",
    "metadata": "WF_INVALID_METADATA",
    "mode": "WF_INVALID_MODE",
    "on_error": "WF_INVALID_ON_ERROR",
}
_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
_ID_RULE = "must start with a small letter and have at most 63 small letters, digits and underscores"


def path_of(parts: Sequence[str | int]) -> str:
    """Write a path as people do: `nodes[2].config.url`."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def shape_problems(error: ValidationError, document: Mapping[str, Any]) -> list[Problem]:
    """Return a problem for each error of the document's models."""
    problems = []
    for each in error.errors(include_url=False):
        location = each["loc"]
        node = _node_at(document, location)
        message = message_of(each["type"], each["msg"], location, each.get("ctx", {}), each.get("input"))
        where = f"node {node!r}: " if node else ""
        problems.append(
            Problem(_code(each["type"], location), where + message, path_of(location), (node,) if node else ())
        )
    return problems


def message_of(
    kind: str,
    message: str,
    location: Sequence[str | int],
    context: Mapping[str, Any],
    value: Any,
    known: Sequence[str] = (),
) -> str:
    """Return what is wrong and what would be right, without repeating large values."""
    name = path_of(location) or "the document"
    if kind == "missing":
        return f"`{name}` is missing"
    if kind == "extra_forbidden":
        fields = f"; there are {', '.join(known)}" if known else ", remove it or put it where it belongs"
        return f"`{name}` is not a field here{fields}"
    if kind == "string_pattern_mismatch" and context.get("pattern") == _ID_PATTERN:
        return f"`{name}` is {shown(value)}, but {_ID_RULE}"
    if kind == "value_error":
        return f"`{name}`: {message.removeprefix('Value error, ')}"
    text = message[:1].lower() + message[1:]
    return f"`{name}`: {text}" + ("" if isinstance(value, dict | list) else f", but is {shown(value)}")


def shown(value: Any) -> str:
    """Return a value for a message: short, and on one line."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def field_names(model: type[BaseModel]) -> list[str]:
    """Return the names that a model's fields have in documents."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _code(kind: str, location: Sequence[str | int]) -> str:
    if kind == "extra_forbidden":
        return "WF_UNKNOWN_FIELD"
    names = [part for part in location if isinstance(part, str)]
    if kind == "missing":
        return "WF_MISSING_FIELD"
    inner = names[1:] if names[:1] in (["nodes"], ["edges"]) else names
    return _CODES.get(inner[0], "WF_VALIDATION_ERROR") if inner else "WF_VALIDATION_ERROR"


def _node_at(document: Mapping[str, Any], location: Sequence[str | int]) -> str | None:
    if len(location) < 2 or location[0] != "nodes" or not isinstance(location[1], int):
        return None
    nodes = document.get("nodes")
    node = nodes[location[1]] if isinstance(nodes, list) and location[1] < len(nodes) else None
    found = node.get("id") if isinstance(node, Mapping) else None
    return found if isinstance(found, str) and len(found) <= 63 else None
