"""Lists that come in pages, as one iterator."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from heddle_sdk.transport import Transport

T = TypeVar("T")


def pages(transport: Transport, path: str, make: Callable[[Any], T], **params: Any) -> Iterator[T]:
    """Every item of every page, fetched as they are needed."""
    cursor: str | None = None
    while True:
        page = transport.json("GET", path, params={**params, "cursor": cursor})
        for item in page["items"]:
            yield make(item)
        cursor = page.get("cursor")
        if not cursor:
            return
