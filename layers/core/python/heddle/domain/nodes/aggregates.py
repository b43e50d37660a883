"""What `aggregate` can make of a list. Each operation takes the values, the keys (or None) and the node's config."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heddle.domain.nodes.fields import as_text, integer_field, invalid, kind, text_field

Values = Sequence[Any]
Keys = Sequence[Any] | None
Operation = Callable[[Values, Keys, Mapping[str, Any]], Any]

LARGEST_INTEGER = 2**63 - 1
"""JSON in stores and in other languages holds no larger one exactly."""


def _count(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    if keys is None:
        return len(values)
    return {key: len(group) for key, group in _group(values, keys, config).items()}


def _sum(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    return _finite(sum(_numbers(values)))


def _avg(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    numbers = _numbers(values)
    return _finite(sum(numbers) / len(numbers)) if numbers else None


def _median(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    numbers = sorted(_numbers(values))
    if not numbers:
        return None
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else _finite((numbers[middle - 1] + numbers[middle]) / 2)


def _min(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    return min(_comparable(values), default=None)


def _max(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    return max(_comparable(values), default=None)


def _group(values: Values, keys: Keys, config: Mapping[str, Any]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for key, value in zip(keys or (), values, strict=True):
        groups.setdefault("null" if key is None else as_text(key), []).append(value)
    return groups


def _join(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    return text_field(config, "separator", "\n").join(as_text(value) for value in values if value is not None)


def _merge(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    merged: dict[str, Any] = {}
    for index, value in enumerate(values):
        if value is None:
            continue
        if not isinstance(value, Mapping):
            raise invalid("items", f"must hold objects to merge, but element {index} is {kind(value)}")
        merged.update(value)
    return merged


def _flatten(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    flat = list(values)
    for _ in range(integer_field(config, "depth", 1, low=1, high=100)):
        if not any(isinstance(value, list | tuple) for value in flat):
            break
        flat = [inner for value in flat for inner in (value if isinstance(value, list | tuple) else (value,))]
    return flat


def _unique(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    seen: dict[str, Any] = {}
    for key, value in zip(values if keys is None else keys, values, strict=True):
        seen.setdefault(json.dumps(key, sort_keys=True), value)
    return list(seen.values())


def _first(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    return values[0] if values else None


def _last(values: Values, keys: Keys, config: Mapping[str, Any]) -> Any:
    return values[-1] if values else None


def _numbers(values: Values) -> list[Any]:
    """Return the numbers; null counts as absent, as in SQL."""
    for index, value in enumerate(values):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise invalid("items", f"must give numbers, but element {index} gives {kind(value)}")
    return [_finite(value) for value in values if value is not None]


def _comparable(values: Values) -> list[Any]:
    """Return the values that are not null, if all are texts or all are numbers."""
    present = [value for value in values if value is not None]
    return present if all(isinstance(value, str) for value in present) else _numbers(present)


def _finite(number: Any) -> Any:
    if (isinstance(number, int) and abs(number) > LARGEST_INTEGER) or not math.isfinite(number):
        raise invalid("items", "gives a number that is too large")
    return number


OPERATIONS: Mapping[str, Operation] = {
    "count": _count,
    "sum": _sum,
    "avg": _avg,
    "min": _min,
    "max": _max,
    "median": _median,
    "group": _group,
    "join": _join,
    "merge": _merge,
    "flatten": _flatten,
    "unique": _unique,
    "first": _first,
    "last": _last,
}
"""Operation name to its function; the names are those of the config model."""
