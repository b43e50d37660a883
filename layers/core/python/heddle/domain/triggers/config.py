"""Reading a trigger's `config` field by field, with errors that name the field and what it must be."""

from collections.abc import Mapping, Sequence
from typing import Any

from heddle.errors import InvalidInput


def invalid(field: str, message: str) -> InvalidInput:
    """Return the error of a field of a trigger's config."""
    path = f"config.{field}" if field else "config"
    return InvalidInput(f"{path} {message}", code="invalid_trigger", errors=[{"field": path, "message": message}])


class Config:
    """Takes fields out of a config; `done` refuses what nobody took."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._left = dict(value)

    def text(self, name: str, default: str | None = None, *, limit: int = 1000) -> str | None:
        """Take text; the default if it is absent."""
        value = self._left.pop(name, default)
        if value is not None and (not isinstance(value, str) or not value or len(value) > limit):
            raise invalid(name, f"must be text of 1 to {limit} characters")
        return value

    def needed(self, name: str, example: str) -> str:
        """Take text that must be there."""
        value = self.text(name)
        if value is None:
            raise invalid(name, f"is missing, such as {example}")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """Take one of some words."""
        value = self._left.pop(name, default)
        if value not in choices:
            raise invalid(name, f"must be one of {', '.join(choices)}")
        return str(value)

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Take a whole number within bounds."""
        value = self._left.pop(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise invalid(name, f"must be a whole number from {least} to {most}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """Take true or false."""
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            raise invalid(name, "must be true or false")
        return value

    def words(self, name: str, *, most: int = 20) -> list[str]:
        """Take a list of texts, empty if absent."""
        value = self._left.pop(name, [])
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(each, str) and each for each in value)
        ):
            raise invalid(name, f"must be a list of at most {most} texts")
        return value

    def table(self, name: str, default: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Take an object."""
        value = self._left.pop(name, default if default is not None else {})
        if not isinstance(value, dict):
            raise invalid(name, "must be an object")
        return value

    def done(self) -> None:
        """Refuse fields that are not known."""
        if self._left:
            raise invalid(sorted(self._left)[0], "is not known here")
