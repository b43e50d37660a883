"""The words of the expression language, and the filters that MiniJinja lacks. Nothing here reads a clock or a dice."""

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = frozenset({"range", "dict", "namespace", "cycler", "joiner", "caller", "loop"})
"""Names that are always there."""

KEYWORDS = _words(
    "true false none True False None null and or not in is if elif else for set with call do recursive as"
)

STATEMENTS = _words(
    "for endfor if elif else endif set endset with endwith macro endmacro call endcall raw endraw do break continue"
)

METHODS = _words(
    "capitalize count endswith find format get isalnum isalpha isascii isdigit islower isnumeric isspace isupper "
    "items join keys lower lstrip replace rfind rstrip split splitlines startswith strip title upper values "
    "cycle changed next reset"
)
"""What may be called on a value; none of them changes it."""

TESTS = _words(
    "boolean defined divisibleby endingwith eq equalto escaped even false filter float ge greaterthan gt in int "
    "integer iterable le lessthan lower lt mapping ne none number odd safe sameas sequence startingwith string "
    "test true undefined upper"
)

_BUILT_IN_FILTERS = _words(
    "abs batch bool capitalize chain count d default dictsort e escape filesizeformat first float format groupby "
    "indent int items join last length lines list lower map max min pluralize reject rejectattr replace reverse "
    "round safe select selectattr slice sort split string striptags sum title trim truncate unique upper "
    "urlencode wordwrap zip"
)


def plain(value: Any) -> Any:
    """Return a value as JSON types only; ValueError says what cannot be said in JSON."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number that JSON can say")
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple) or (isinstance(value, Iterable) and not isinstance(value, bytes)):
        return [plain(each) for each in value]
    raise ValueError(f"it gives a {kind.__name__}, which is no JSON value")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str(key)
    if isinstance(key, bool) or key is None or not isinstance(key, int | float):
        raise ValueError("the keys of an object must be text")
    return str(key)


def to_json(value: Any, indent: int | None = None) -> str:
    """Write JSON, readable characters as they are."""
    separators = (", ", ": ") if indent is None else (",", ": ")
    return json.dumps(plain(value), ensure_ascii=False, indent=indent, separators=separators)


def from_json(text: Any) -> Any:
    """Read JSON; ValueError if it is none."""
    if not isinstance(text, str):
        raise ValueError("fromjson needs text")
    return json.loads(text)


def as_text(value: Any) -> Any:
    """Return how a value looks inside text: null as nothing, everything that is not text as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value)


def _keys(value: Mapping[str, Any]) -> list[str]:
    return list(value)


def _values(value: Mapping[str, Any]) -> list[Any]:
    return list(value.values())


def _merge(value: Mapping[str, Any], *others: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(value)
    for other in others:
        merged.update(other)
    return merged


def _flatten(value: Iterable[Any], depth: int = 1) -> list[Any]:
    flat: list[Any] = []
    for each in value:
        if depth > 0 and isinstance(each, list | tuple):
            flat.extend(_flatten(each, depth - 1))
        else:
            flat.append(each)
    return flat


def _b64encode(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _b64decode(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("b64decode needs the base64 of UTF-8 text") from error


OWN_FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "tojson": to_json,
        "fromjson": from_json,
        "keys": _keys,
        "values": _values,
        "merge": _merge,
        "flatten": _flatten,
        "b64encode": _b64encode,
        "b64decode": _b64decode,
    }
)

FILTERS = _BUILT_IN_FILTERS | OWN_FILTERS.keys()
