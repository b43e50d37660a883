"""What a function is told by its environment: declared as a dataclass, read once, complained about by name.

    @dataclass(frozen=True, kw_only=True)
    class ReleaseSettings(Settings):
        event_table: str                       # EVENT_TABLE, required
        event_budget: int = 20                 # EVENT_BUDGET
        node_functions: dict[str, str] = …     # NODE_FUNCTIONS, a JSON object
        hosted: tuple[str, ...] = ()           # HOSTED, comma-separated

Standard library only: the functions of the engine read theirs with this, and pydantic would cost them 60 ms.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self, get_origin

from heddle.errors import HeddleError


class BadEnvironment(HeddleError):
    """An environment variable is missing or unreadable; the message names it."""

    code = "bad_environment"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of a function's settings: a field is read from the variable of its name in capitals."""

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read all fields; raises BadEnvironment that names every missing variable at once."""
        environment = os.environ if environment is None else environment
        missing = [
            field.name.upper()
            for field in fields(cls)
            if not environment.get(field.name.upper()) and field.default is MISSING and field.default_factory is MISSING
        ]
        if missing:
            raise BadEnvironment(f"this function needs the environment variable(s) {', '.join(missing)}")
        values = {
            field.name: _read(field.name.upper(), text, field.type)
            for field in fields(cls)
            if (text := environment.get(field.name.upper()))
        }
        return cls(**values)


def _read(name: str, text: str, kind: Any) -> Any:
    try:
        if kind is int:
            return int(text)
        if get_origin(kind) is tuple:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if get_origin(kind) is dict:
            return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise BadEnvironment(f"the environment variable {name} holds {text!r}: {error}") from error
    return text
