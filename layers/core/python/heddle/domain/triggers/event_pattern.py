"""Event patterns with the meaning that EventBridge gives them.

A pattern is an object like the event: each field holds a list of what it may be, or an object with fields of its own.
All fields must match; of a list, one entry. Source: "Creating Amazon EventBridge event patterns" of its documentation.

    "text", 1, true, null          exactly this            {"exists": true|false}
    {"prefix": "a"}  {"suffix"}    of text                 {"numeric": [">", 0, "<=", 5]}
    {"equals-ignore-case": "a"}    of text                 {"cidr": "10.0.0.0/24"}
    {"wildcard": "a*b"}            of text                 {"anything-but": …}   what none of these is
    "$or": [{…}, {…}]              one of these patterns
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from heddle.domain.triggers.config import invalid

MAX_DEPTH, MAX_RULES, MAX_WILDCARDS = 10, 200, 5
MAX_BYTES = 4096
"""What EventBridge takes at most; lists within one rule count here, not among the rules."""
FIELDS = ("id", "source", "detail-type", "time", "detail")
_ALWAYS_THERE = ("id", "source", "detail-type", "time")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
_TEXTUAL = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def check_pattern(pattern: Mapping[str, Any]) -> None:
    """InvalidInput that names the place, for what is no pattern and for one that matches every event."""
    rules = _check(pattern, "pattern", 1)
    if (size := len(orjson.dumps(pattern))) > MAX_BYTES:
        raise invalid("pattern", f"has {size} bytes; at most {MAX_BYTES} are taken")
    if rules > MAX_RULES:
        raise invalid("pattern", f"has {rules} rules; at most {MAX_RULES} are taken")
    if _always(pattern):
        raise invalid("pattern", "matches every event: say which, for example by detail-type")


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether an event (source, detail-type, detail, …) matches a checked pattern."""
    return all(
        any(matches(each, event) for each in rule) if name == "$or" else _field(rule, event.get(name, _ABSENT))
        for name, rule in pattern.items()
    )


_ABSENT = object()


def _field(rule: Any, value: Any) -> bool:
    if isinstance(rule, Mapping):
        if isinstance(value, list) and value:
            return any(_field(rule, each) for each in value)
        # A field that is not there can still be what a pattern below it wants: absent.
        return matches(rule, value if isinstance(value, Mapping) else {})
    return any(_rule(each, one) for each in rule for one in _leaves(value))


def _leaves(value: Any) -> list[Any]:
    """Return what a list holds, lists in it opened too; an empty one is a value of its own."""
    if isinstance(value, list) and value:
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]


def _rule(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        return value is not _ABSENT and _same(rule, value)
    ((name, wanted),) = rule.items()
    if name == "exists":
        return bool((value is not _ABSENT and not isinstance(value, Mapping)) == wanted)
    if value is _ABSENT:
        return False
    if name == "anything-but":
        return _nothing_of(wanted, value)
    if name == "numeric":
        return _is_number(value) and all(
            _COMPARE[sign](float(value), float(bound)) for sign, bound in zip(wanted[::2], wanted[1::2], strict=True)
        )
    if not isinstance(value, str):
        return False
    if name == "cidr":
        return _in_network(value, wanted)
    return _textual(name, wanted, value)


def _nothing_of(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        ((name, texts),) = wanted.items()
        return isinstance(value, str) and not any(_textual(name, text, value) for text in _listed(texts))
    return not any(_same(each, value) for each in _listed(wanted))


def _textual(name: str, wanted: Any, value: str) -> bool:
    if isinstance(wanted, Mapping):
        wanted, value = wanted["equals-ignore-case"].lower(), value.lower()
    if name == "prefix":
        return value.startswith(wanted)
    if name == "suffix":
        return value.endswith(wanted)
    if name == "equals-ignore-case":
        return value.lower() == str(wanted).lower()
    return _wildcard(wanted, value)


def _wildcard(wanted: str, value: str) -> bool:
    """Match `*` for any characters, without a regular expression: each part is searched once, from left to right."""
    parts = [part.replace("\0", "*") for part in wanted.replace(r"\*", "\0").split("*")]
    first, *middle = parts
    if not middle:
        return value == first
    *inner, last = middle
    if not value.startswith(first) or len(value) < len(first) + len(last) or not value.endswith(last):
        return False
    at, end = len(first), len(value) - len(last)
    for part in inner:
        found = value.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _in_network(value: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _same(one: Any, other: Any) -> bool:
    # True is 1 in Python and not in JSON.
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _always(pattern: Mapping[str, Any]) -> bool:
    """Tell whether every event matches, as far as that can be read off."""
    return all(
        any(_always(each) for each in rule) if name == "$or" else _excludes_nothing(name, rule)
        for name, rule in pattern.items()
    )


def _excludes_nothing(name: str, rule: Any) -> bool:
    if isinstance(rule, Mapping):
        return _always(rule)
    if {"exists": True} in rule and (name in _ALWAYS_THERE or {"exists": False} in rule):
        return True
    # A value, or anything but that value.
    others = [_listed(each["anything-but"]) for each in rule if isinstance(each, Mapping) and "anything-but" in each]
    if any(all(value in rule for value in listed) for listed in others):
        return True
    return any(isinstance(each, Mapping) and each in _EVERY_TEXT for each in rule)


_EVERY_TEXT: tuple[Mapping[str, Any], ...] = (
    {"prefix": ""},
    {"suffix": ""},
    {"wildcard": "*"},
    {"prefix": {"equals-ignore-case": ""}},
    {"suffix": {"equals-ignore-case": ""}},
)


def _check(pattern: Any, path: str, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise invalid(path, f"is nested more than {MAX_DEPTH} deep")
    if not isinstance(pattern, Mapping) or not pattern:
        raise invalid(path, "must be an object with at least one field")
    count = 0
    for name, rule in pattern.items():
        here = f"{path}.{name}"
        if name == "$or":
            if not isinstance(rule, list) or len(rule) < 2:
                raise invalid(here, "must be a list of at least two patterns")
            count += sum(_check(each, f"{here}[{index}]", depth + 1) for index, each in enumerate(rule))
        elif isinstance(rule, Mapping):
            count += _check(rule, here, depth + 1)
        elif isinstance(rule, list) and rule:
            for index, each in enumerate(rule):
                _check_rule(each, f"{here}[{index}]")
            count += len(rule)
        else:
            raise invalid(here, "must be a list of values, or an object")
    return count


def _check_rule(rule: Any, path: str) -> None:
    if not isinstance(rule, Mapping):
        if rule is not None and not isinstance(rule, str | int | float | bool):
            raise invalid(path, "must be text, a number, true, false, null or an object such as {'prefix': 'a'}")
        return
    if len(rule) != 1:
        raise invalid(path, "must have exactly one of the comparisons")
    ((name, wanted),) = rule.items()
    check = _RULES.get(str(name))
    if check is None:
        raise invalid(path, f"does not know {str(name)[:40]!r}; there are {', '.join(_RULES)}")
    if not check(wanted):
        raise invalid(path, f"{name} cannot be {str(wanted)[:60]}")
    if any("**" in text or text.count("*") > MAX_WILDCARDS for text in _wildcards(str(name), wanted)):
        raise invalid(path, f"has two * in a row, or more than {MAX_WILDCARDS}")


def _wildcards(name: str, wanted: Any) -> list[str]:
    if name == "anything-but" and isinstance(wanted, Mapping):
        ((name, wanted),) = wanted.items()
    return _listed(wanted) if name == "wildcard" else []


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _text_or_ignoring_case(value: Any) -> bool:
    return _text(value) or (
        isinstance(value, Mapping) and set(value) == {"equals-ignore-case"} and all(map(_text, value.values()))
    )


def _numeric(value: Any) -> bool:
    if not isinstance(value, list) or len(value) not in (2, 4):
        return False
    return all(sign in _COMPARE for sign in value[::2]) and all(_is_number(bound) for bound in value[1::2])


def _network(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _anything_but(value: Any) -> bool:
    if isinstance(value, Mapping):
        if len(value) != 1:
            return False
        ((name, texts),) = value.items()
        return name in _TEXTUAL and bool(_listed(texts)) and all(map(_text, _listed(texts)))
    listed = _listed(value)
    return bool(listed) and all(isinstance(each, str | int | float) and not isinstance(each, bool) for each in listed)


_RULES: Mapping[str, Callable[[Any], bool]] = {
    "prefix": _text_or_ignoring_case,
    "suffix": _text_or_ignoring_case,
    "equals-ignore-case": _text,
    "wildcard": _text,
    "exists": lambda value: isinstance(value, bool),
    "numeric": _numeric,
    "cidr": _network,
    "anything-but": _anything_but,
}
