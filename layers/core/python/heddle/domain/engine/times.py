"""Arithmetic on the ISO 8601 times that events carry. Nothing here reads a clock."""

from datetime import datetime, timedelta


def later(at: str, seconds: float) -> str:
    """Return the time `seconds` after `at`."""
    return (datetime.fromisoformat(at) + timedelta(seconds=seconds)).isoformat()


def seconds_between(start: str, end: str) -> float:
    """Return the seconds from `start` to `end`, negative if `end` is earlier."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
