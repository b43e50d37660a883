"""Reading rendered config without pydantic: each function gives the value, or raises NodeError naming the field.

A definition was checked when it was saved, but what its expressions give is known only now.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from heddle.errors import NodeError

INVALID = "node_config_invalid"
_KINDS = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "text", dict: "an object"}


def invalid(name: str, message: str, **details: Any) -> NodeError:
    """Return the error for a field whose value cannot be used; the value itself stays out of it."""
    return NodeError(f"`{name}` {message}", code=INVALID, field=name, **details)


def kind(value: Any) -> str:
    """Return what JSON calls the value, for messages."""
    return "a list" if isinstance(value, list | tuple) else _KINDS.get(type(value), type(value).__name__)


def list_field(config: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Return a list; there is no default, because a missing list is always a mistake."""
    value = config.get(name)
    if not isinstance(value, list | tuple):
        raise invalid(name, f"must be a list, but is {kind(value)}")
    return value


def object_field(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object; missing and null are the empty one."""
    value = config.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise invalid(name, f"must be an object, but is {kind(value)}")
    return value


def text_field(config: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return text; numbers are taken as text. Without a default the field is required and not empty."""
    value = config.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):
        raise invalid(name, f"must be text, but is {kind(value)}")
    if default is None and not value.strip():
        raise invalid(name, "must not be empty")
    return value


def number_field(config: Mapping[str, Any], name: str, default: float, *, low: float, high: float) -> float:
    """Return a number within bounds; text that says a number is taken as one."""
    value = config.get(name)
    if value is None:
        return default
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise invalid(name, "must be a number, but is text") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise invalid(name, f"must be a number, but is {kind(value)}")
    if not low <= value <= high:
        raise invalid(name, f"must be between {low:g} and {high:g}, but is not")
    return value


def integer_field(config: Mapping[str, Any], name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number within bounds."""
    value = number_field(config, name, default, low=low, high=high)
    if value != int(value):
        raise invalid(name, f"must be a whole number, but is {value:g}")
    return int(value)


def boolean_field(config: Mapping[str, Any], name: str, default: bool) -> bool:
    """Return a boolean; the texts true and false are taken as one."""
    value = config.get(name)
    if value is None:
        return default
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise invalid(name, f"must be true or false, but is {kind(value)}")
    return value


def choice_field(config: Mapping[str, Any], name: str, choices: Sequence[str], default: str | None = None) -> str:
    """Return one of the choices."""
    value = config.get(name)
    if value is None and default is not None:
        return default
    if value not in choices:
        raise invalid(name, f"must be one of {', '.join(choices)}", choices=list(choices))
    return str(value)


def holds(value: Any) -> bool:
    """Return whether a condition's value counts as true: empty, null, 0 and the text false do not."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false")
    return bool(value)


def as_text(value: Any) -> str:
    """Return a value as a reader would write it: text as it is, null as nothing, everything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
