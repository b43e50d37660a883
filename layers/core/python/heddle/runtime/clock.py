"""Time, ids and chance, as the use cases are given them in production."""

import random
from datetime import UTC, datetime
from uuid import uuid4


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a new ULID: sortable by time, unique without asking anyone."""
    from ulid import ULID  # only functions that make ids pay for it

    return str(ULID())


def owner_id() -> str:
    """Return a name that nobody had before, for who holds a claim; nothing sorts by it."""
    return uuid4().hex


def chance() -> float:
    """Return a number from 0 to 1, for jitter; nothing secret depends on it."""
    return random.random()
