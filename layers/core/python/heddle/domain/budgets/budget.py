"""A budget: who may spend how much in which time, and what happens when a call would be too much.

    scope `user`, subject `*`, period `day`, limit 5 USD, action `block`
    ──► each user of the tenant has 5 USD a day (UTC), and a call that does not fit any more is refused

Money is in picodollars (`heddle.domain.money`). Plain data and pure functions: no clock, no store.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from heddle.domain.money import picos, usd
from heddle.errors import InvalidInput
from heddle.records import dataclass

SCOPES = ("tenant", "user", "api_key", "workflow", "run")
PERIODS = ("run", "hour", "day", "month", "total")
ACTIONS = ("warn", "downgrade", "approve", "block")
"""From mild to strict: of several budgets that refuse a call, the strictest decides what happens."""

EVERYBODY = "*"
"""The subject of a budget that each subject of its scope has for itself."""

DEFAULT_WARNINGS = (50, 80, 95)
SPENT = 100
"""The percentage that is always announced, besides those a budget asks for."""

MAX_LIMIT = 10**9
"""Dollars; far below what the stores can count exactly."""
MAX_SHARDS = 64
MAX_WARNINGS = 10
IMPLIED = "run:budget"
"""The id of the budget that a run was started with. No stored budget can have it."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_SUBJECT = re.compile(r"[^\s#/]{1,128}")
_PREFIXES = {"user": "user:", "api_key": "key:"}
"""What a principal's id begins with; a budget's subject is what follows."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget. `limit` 0 blocks every call that may cost something.

    `downgrade_to` is an alias, for the action `downgrade` only.
    `warn_at` are percentages. `shards` is among how many counters the limit is divided: as many calls can be reserved
    at the same moment without waiting for each other. `version` counts changes from 1, and `generation` tells budgets
    apart that had the same id one after the other. Scope, subject, period and shards never change.
    """

    id: str
    scope: str
    subject: str
    period: str
    limit: int
    action: str = "block"
    downgrade_to: str | None = None
    warn_at: tuple[int, ...] = DEFAULT_WARNINGS
    shards: int = 1
    name: str = ""
    version: int = 1
    generation: int = 0
    created_at: str = ""
    created_by: str = ""
    updated_at: str = ""
    updated_by: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `budget_from_json` gives an equal budget back."""
        return {**asdict(self), "warn_at": list(self.warn_at)}


def budget_from_json(data: Mapping[str, Any]) -> Budget:
    """Rebuild a budget from `Budget.to_json`."""
    return Budget(**{**data, "warn_at": tuple(data["warn_at"])})


def implied(limit: str) -> Budget:
    """Return the budget that a run with `budget_usd` has: its tree of runs is blocked when that is spent."""
    return Budget(IMPLIED, "run", EVERYBODY, "run", picos(limit), warn_at=())


def make_budget(
    ident: str,
    *,
    scope: str,
    period: str,
    limit_usd: str,
    subject: str | None = None,
    action: str = "block",
    downgrade_to: str | None = None,
    warn_at: tuple[int, ...] = DEFAULT_WARNINGS,
    shards: int = 1,
    name: str = "",
) -> Budget:
    """Return a checked budget at version 1.

    Raises InvalidInput `invalid_budget` with every wrong field and what it must be.
    """
    errors: list[tuple[str, str]] = []

    def check(field: str, right: bool, message: str) -> None:
        if not right:
            errors.append((field, message))

    check("id", bool(_ID.fullmatch(ident)), "must be 1 to 63 letters, digits, - or _, and not begin with - or _")
    check("scope", scope in SCOPES, f"must be one of {', '.join(SCOPES)}")
    check("period", period in PERIODS, f"must be one of {', '.join(PERIODS)}")
    check("action", action in ACTIONS, f"must be one of {', '.join(ACTIONS)}")
    check("shards", 1 <= shards <= MAX_SHARDS, f"must be from 1 to {MAX_SHARDS}")
    check(
        "period",
        not (scope == "tenant" and period == "run"),
        "cannot be run for the scope tenant; take the scope run with the subject * for a budget of each run",
    )
    if scope == "tenant":
        check("subject", subject in (None, EVERYBODY), "must be left out for the scope tenant: there is only yours")
        subject = EVERYBODY
    elif scope in SCOPES:
        subject = _subject(scope, subject)
        check("subject", subject is not None, f"must be the id of a {scope}, or * for each of them")
    downgrades = action == "downgrade"
    check(
        "downgrade_to", not downgrades or bool(downgrade_to), "must name the alias to take instead (action downgrade)"
    )
    check("downgrade_to", downgrades or downgrade_to is None, "is for the action downgrade only; leave it out")
    check(
        "warn_at",
        len(warn_at) <= MAX_WARNINGS and all(1 <= percent <= SPENT for percent in warn_at),
        f"must be at most {MAX_WARNINGS} percentages from 1 to {SPENT}",
    )
    limit, complaint = _limit(limit_usd)
    check("limit_usd", not complaint, complaint)
    if errors:
        raise InvalidInput(
            "; ".join(f"{field} {message}" for field, message in errors),
            code="invalid_budget",
            errors=[{"field": field, "message": message} for field, message in errors],
        )
    return Budget(
        ident,
        scope,
        subject or EVERYBODY,
        period,
        limit,
        action,
        downgrade_to,
        tuple(sorted(set(warn_at))),
        shards,
        name,
    )


def _subject(scope: str, subject: str | None) -> str | None:
    """Return the subject without a principal's prefix; None if it is none."""
    bare = (subject or "").removeprefix(_PREFIXES.get(scope, ""))
    return bare if _SUBJECT.fullmatch(bare) else None


def _limit(text: str) -> tuple[int, str]:
    """Return the limit in picodollars, or why it is none."""
    try:
        limit = picos(text)
    except InvalidInput:
        return 0, "must be an amount of dollars as decimal text, such as 25 or 0.50"
    if limit < 0:
        return 0, "must not be negative; 0 blocks every call that may cost something"
    if limit > picos(MAX_LIMIT):
        return 0, f"must be at most {MAX_LIMIT} dollars"
    if picos(text) != -picos(f"-{text.strip().removeprefix('+')}"):  # rounded up and rounded down
        return 0, f"is finer than a picodollar (12 decimal places); take {usd(limit)}"
    return limit, ""
