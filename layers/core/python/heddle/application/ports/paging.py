"""How lists are cut into pages."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows and an opaque cursor to the next ones, or None at the end."""

    items: tuple[T, ...]
    cursor: str | None = None
