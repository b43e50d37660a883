"""The filters of prompts. Those of `TRANSLATED` stand only in translated Handlebars: they keep its rules.

A path that leads nowhere is null in Handlebars, an empty list is as good as none, and `1` is not `true`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from heddle.domain.engine.expression_language import as_text

_MONTHS = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_DIRECTIVE = re.compile(r"%(-?)(.)", re.DOTALL)


def format_date(value: Any, pattern: str) -> str:
    """Return a time (ISO 8601 text) by a strftime pattern, in English on every machine. ValueError says what is wrong.

    %Y %m %d %H %I %M %S %f %j %y %p %z %A %a %B %b %F %T %%; `%-d` is without a zero in front.
    """
    if not isinstance(value, str):
        raise ValueError("format_date needs a time as ISO 8601 text")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"format_date cannot read {value[:40]!r} as a time; write ISO 8601") from None
    parts = _date_parts(at)

    def written(match: re.Match[str]) -> str:
        if match[2] not in parts:
            raise ValueError(f"format_date does not know `{match[0]}`; it knows {' '.join(f'%{p}' for p in parts)}")
        text = parts[match[2]]
        return (text.lstrip("0") or "0") if match[1] else text

    return _DIRECTIVE.sub(written, pattern)


def _date_parts(at: datetime) -> dict[str, str]:
    offset = at.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds() // 60)
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    return {
        "Y": f"{at.year:04d}",
        "m": f"{at.month:02d}",
        "d": f"{at.day:02d}",
        "H": f"{at.hour:02d}",
        "I": f"{at.hour % 12 or 12:02d}",
        "M": f"{at.minute:02d}",
        "S": f"{at.second:02d}",
        "f": f"{at.microsecond:06d}",
        "j": f"{at.timetuple().tm_yday:03d}",
        "y": f"{at.year % 100:02d}",
        "p": "AM" if at.hour < 12 else "PM",
        "z": "" if offset is None else zone,
        "A": _DAYS[at.weekday()],
        "a": _DAYS[at.weekday()][:3],
        "B": _MONTHS[at.month - 1],
        "b": _MONTHS[at.month - 1][:3],
        "F": f"{at.year:04d}-{at.month:02d}-{at.day:02d}",
        "T": f"{at.hour:02d}:{at.minute:02d}:{at.second:02d}",
        "%": "%",
    }


def at(value: Any, *steps: str) -> Any:
    """Walk a path; None where it leads nowhere. Lists have numbers and `length`, texts have `length`."""
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list | tuple | str) and step == "length":
            value = len(value)
        elif isinstance(value, list | tuple) and step.isascii() and step.isdigit() and len(step) < 10:
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def holds(value: Any) -> bool:
    """Tell whether `if` takes its branch: not for null, false, 0, "" and an empty list."""
    return value != 0 if isinstance(value, bool | int | float) else _filled(value)


def present(value: Any) -> bool:
    """Tell whether `with` takes its branch: as `if`, but 0 is something."""
    return value is not False and _filled(value)


def _filled(value: Any) -> bool:
    return value is not None and not (isinstance(value, str | list | tuple) and len(value) == 0)


def entries(value: Any) -> list[tuple[Any, Any, int, bool, bool]]:
    """Return (value, key, index, first, last) of each element of a list or an object; none of anything else."""
    if isinstance(value, Mapping):
        pairs = [(each, key) for key, each in value.items()]
    elif isinstance(value, list | tuple):
        pairs = [(each, index) for index, each in enumerate(value)]
    else:
        pairs = []
    last = len(pairs) - 1
    return [(each, key, index, index == 0, index == last) for index, (each, key) in enumerate(pairs)]


def uppercase(value: Any) -> str:
    """Return it as text in capital letters."""
    return str(as_text(value)).upper()


def lowercase(value: Any) -> str:
    """Return it as text in small letters."""
    return str(as_text(value)).lower()


def capitalized(value: Any) -> str:
    """Return it as text with a capital letter first; the rest stays as it is."""
    text = str(as_text(value))
    return text[:1].upper() + text[1:]


def same(value: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same, of the same kind: 1 is 1.0, but neither true nor "1"."""
    if _kind(value) != _kind(other):
        return False
    if isinstance(value, Mapping):
        return value.keys() == other.keys() and all(same(each, other[key]) for key, each in value.items())
    if isinstance(value, list | tuple):
        return len(value) == len(other) and all(same(mine, its) for mine, its in zip(value, other, strict=True))
    return bool(value == other)


def different(value: Any, other: Any) -> bool:
    """Tell whether two JSON values are not the same."""
    return not same(value, other)


def greater(value: Any, other: Any) -> bool:
    """Tell whether a number or text is greater; with null it never is. ValueError for anything else."""
    if value is None or other is None:
        return False
    if _kind(value) != _kind(other) or _kind(value) not in ("number", "text"):
        raise ValueError("gt and lt compare two numbers or two texts")
    return bool(value > other)


def less(value: Any, other: Any) -> bool:
    """Tell whether a number or text is smaller; with null it never is. ValueError for anything else."""
    return greater(other, value)


def size(value: Any) -> int:
    """Return the length of a text, list or object; 0 for null. ValueError for anything else."""
    if value is None:
        return 0
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise ValueError(f"len needs a text, a list or an object, not a {_kind(value)}")


def contains(value: Any, part: Any) -> bool:
    """Tell whether a text has a part, a list an element, an object a key; null has nothing."""
    if isinstance(value, str):
        return isinstance(part, str) and part in value
    if isinstance(value, Mapping):
        return isinstance(part, str) and part in value
    if isinstance(value, list | tuple):
        return any(same(each, part) for each in value)
    return False


def indented(text: Any, indent: str) -> str:
    """Return the text with every line pushed in, as a partial that stands alone on an indented line."""
    lines = str(text).split("\n")
    if lines[-1] == "":
        return "".join(f"{indent}{line}\n" for line in lines[:-1])
    return "\n".join(indent + line for line in lines)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "object" if isinstance(value, Mapping) else "null" if value is None else "list"


JINJA_FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType({"format_date": format_date})
"""What prompts have besides the filters of expressions."""

TRANSLATED: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "shown": as_text,
        "at": at,
        "holds": holds,
        "present": present,
        "entries": entries,
        "uppercase": uppercase,
        "lowercase": lowercase,
        "capitalized": capitalized,
        "same": same,
        "different": different,
        "greater": greater,
        "less": less,
        "size": size,
        "contains": contains,
        "indented": indented,
    }
)
