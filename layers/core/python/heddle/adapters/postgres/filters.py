"""Filters of documents as conditions; every value is a parameter."""

from typing import Any

from heddle.domain.documents.search import Filters


def conditions(filters: Filters | None) -> tuple[str, dict[str, Any]]:
    """Return conditions on `d` that follow an `and`, and their parameters; what does not filter is not there."""
    if filters is None:
        return "", {}
    wanted: list[tuple[str, str, Any]] = [
        ("media_types", "d.media_type = any(%(media_types)s)", list(filters.media_types)),
        ("tags", "d.tags @> %(tags)s::text[]", list(filters.tags)),
        ("languages", "d.language = any(%(languages)s)", list(filters.languages)),
        ("documents", "d.id = any(%(documents)s)", list(filters.documents)),
        ("min_quality", "d.quality >= %(min_quality)s", filters.min_quality),
        ("since", "d.updated_at >= %(since)s", filters.since),
        ("until", "d.updated_at < %(until)s", filters.until),
    ]
    given = [(name, text, value) for name, text, value in wanted if value not in ([], None)]
    return "".join(f" and {text}" for _, text, _ in given), {name: value for name, _, value in given}
