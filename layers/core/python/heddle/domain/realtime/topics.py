"""Topics: their names, the patterns that subscribe to many of them, and what their first word reserves.

    orders.eu.paid            segments between `.` or `:`
    orders.*   *              a pattern: everything below, or everything that is the tenant's own

A topic belongs to a tenant; two tenants' topics of one name have nothing to do with each other.
"""

import re
from typing import Literal

from heddle.errors import InvalidInput

MAX_LENGTH = 200
MAX_SEGMENTS = 8
Kind = Literal["run", "batch", "user", "presence", "typing", "own"]

_SEGMENT = r"[A-Za-z0-9_@|=+~-]{1,128}"
_TOPIC = re.compile(rf"{_SEGMENT}(?:[.:]{_SEGMENT}){{0,{MAX_SEGMENTS - 1}}}")
_PATTERN = re.compile(rf"(?:{_SEGMENT}[.:]){{0,{MAX_SEGMENTS - 1}}}\*")
_RESERVED: dict[str, Kind] = {
    "run": "run",
    "batch": "batch",
    "user": "user",
    "presence": "presence",
    "typing": "typing",
}


def check_topic(name: object) -> str:
    """Return the name of a topic; InvalidInput `invalid_topic` if it is none, or a pattern."""
    if not isinstance(name, str) or len(name) > MAX_LENGTH or not _TOPIC.fullmatch(name):
        raise _invalid(name, "a topic is words of letters, digits, _ - @ | = + ~, with . or : between them")
    return name


def check_subscription(name: object) -> str:
    """Return the name of a topic or a pattern; InvalidInput `invalid_topic` if it is neither."""
    if isinstance(name, str) and "*" in name:
        if len(name) > MAX_LENGTH or not _PATTERN.fullmatch(name):
            raise _invalid(name, "a * stands alone at the end, as in updates.* or *")
        return name
    return check_topic(name)


def is_pattern(name: str) -> bool:
    """Tell whether this subscribes to more than one topic."""
    return name.endswith("*")


def patterns_of(topic: str) -> tuple[str, ...]:
    """Return every pattern that the topic matches, the narrowest first. `*` matches no reserved topic."""
    ends = [found.end() for found in re.finditer(r"[.:]", topic)]
    patterns = [f"{topic[:end]}*" for end in reversed(ends)]
    return tuple(patterns) if kind_of(topic) != "own" else (*patterns, "*")


def kind_of(name: str) -> Kind:
    """Return what the first word of a topic or pattern reserves; `own` if nothing."""
    return _RESERVED.get(re.split(r"[.:]", name, maxsplit=1)[0], "own")


def id_of(name: str) -> str:
    """Return what follows the first word: the run of `run:…`, the batch of `batch:…`, the user of `user:…`."""
    parts = re.split(r"[.:]", name, maxsplit=1)
    return parts[1] if len(parts) == 2 else ""


def _invalid(name: object, rule: str) -> InvalidInput:
    return InvalidInput(f"{str(name)[:80]!r} is not the name of a topic: {rule}", code="invalid_topic")
