"""Budgets, counters, calls and the ledger in memory, all under one lock: what is written together is seen together."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar
from zlib import crc32

from heddle.application.budgets.alerts import place
from heddle.application.budgets.sums import NONE, SumKey, Sums, added, booked_line, row
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.budgets import (
    LAPSE_SHARDS,
    RESERVED,
    Alert,
    AlreadyGranted,
    Call,
    Control,
    Lapsed,
    Look,
    Overtaken,
    Stop,
    Write,
)
from heddle.application.ports.paging import Page
from heddle.application.ports.usage import LedgerLine, UsageRow
from heddle.domain.budgets.budget import Budget
from heddle.domain.budgets.counter import Counter, CounterKey
from heddle.errors import VersionConflict

T = TypeVar("T")


@dataclass
class _Tenant:
    control: Control = field(default_factory=Control)
    budgets: dict[str, Budget] = field(default_factory=dict)
    counters: dict[CounterKey, Counter] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    sums: dict[SumKey, Sums] = field(default_factory=dict)
    alerts: dict[tuple[str, str], Alert] = field(default_factory=dict)
    grants: set[str] = field(default_factory=set)


@dataclass
class MemorySpend:
    """A SpendStore, BudgetStore and Ledger in dictionaries."""

    _tenants: dict[str, _Tenant] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # --- counters and calls

    def look(self, tenant: str, *, call_id: str | None = None, keys: Sequence[CounterKey] = ()) -> Look:
        with self._lock:
            found = self._of(tenant)
            call = found.calls.get(call_id) if call_id is not None else None
            return Look(found.control, call, {key: found.counters[key] for key in keys if key in found.counters})

    def snapshot(self, tenant: str, keys: Sequence[CounterKey]) -> Sequence[Counter | None]:
        with self._lock:
            counters = self._of(tenant).counters
            return [counters.get(key) for key in keys]

    def commit(self, tenant: str, write: Write) -> None:
        with self._lock:
            found = self._of(tenant)
            if write.grant_id is not None and write.grant_id in found.grants:
                raise AlreadyGranted
            if not self._possible(found, write):
                raise Overtaken
            for change in write.changes:
                found.counters[change.key] = change.applied(found.counters.get(change.key))
            if write.grant_id is not None:
                found.grants.add(write.grant_id)
            if write.call_id is not None:
                for key, sums in added(write.before, write.after).items():
                    found.sums[key] = found.sums.get(key, NONE).plus(sums)
                if write.after is None:
                    found.calls.pop(write.call_id, None)
                else:
                    found.calls[write.call_id] = write.after

    def _possible(self, found: _Tenant, write: Write) -> bool:
        if write.call_id is not None and not _same_call(found.calls.get(write.call_id), write.before):
            return False
        if any(change for change in write.changes if not change.allowed(found.counters.get(change.key))):
            return False
        return all(
            budget_id in found.budgets and found.budgets[budget_id].version == version
            for budget_id, version in write.same
        )

    def lapsed(self, shard: int, *, before: str, limit: int) -> Sequence[Lapsed]:
        with self._lock:
            found = [
                (call.lapses_at, tenant, call_id)
                for tenant, data in self._tenants.items()
                for call_id, call in data.calls.items()
                if call.state == RESERVED and call.lapses_at < before and lapse_shard(call_id) == shard
            ]
        return [Lapsed(tenant, call_id) for _, tenant, call_id in sorted(found)[:limit]]

    # --- budgets

    def control(self, tenant: str) -> Control:
        with self._lock:
            return self._of(tenant).control

    def budgets(self, tenant: str) -> Sequence[Budget]:
        with self._lock:
            return [budget for _, budget in sorted(self._of(tenant).budgets.items())]

    def budget(self, tenant: str, budget_id: str) -> Budget | None:
        with self._lock:
            return self._of(tenant).budgets.get(budget_id)

    def put(self, tenant: str, budget: Budget, control: Control) -> None:
        with self._lock:
            found = self._of(tenant)
            stored = found.budgets.get(budget.id)
            self._check(found, control, (stored.version if stored else 0) == budget.version - 1)
            found.budgets[budget.id] = budget
            found.control = replace(found.control, version=found.control.version + 1)

    def delete(self, tenant: str, budget: Budget, control: Control) -> None:
        with self._lock:
            found = self._of(tenant)
            stored = found.budgets.get(budget.id)
            self._check(found, control, stored is not None and stored.version == budget.version)
            del found.budgets[budget.id]
            found.control = replace(found.control, version=found.control.version + 1)

    def _check(self, found: _Tenant, control: Control, expected: bool) -> None:
        if not expected or found.control.version != control.version:
            raise VersionConflict("somebody else changed a budget first; load it and try again")

    def set_stops(self, tenant: str, stops: Mapping[str, Stop], control: Control) -> None:
        with self._lock:
            found = self._of(tenant)
            if found.control.revision != control.revision:
                raise VersionConflict("somebody else used a kill switch first; load them and try again")
            found.control = replace(found.control, stops=dict(stops), revision=control.revision + 1)

    def add_alert(self, tenant: str, alert: Alert) -> None:
        with self._lock:
            self._of(tenant).alerts[alert.budget_id, place(alert)] = alert

    def alerts(self, tenant: str, budget_id: str, *, limit: int, cursor: str | None = None) -> Page[Alert]:
        with self._lock:
            rows = [alert for alert in self._of(tenant).alerts.values() if alert.budget_id == budget_id]
        return _page(f"{tenant}#alerts#{budget_id}", rows, place, limit, cursor, newest_first=True)

    # --- ledger

    def line(self, tenant: str, call_id: str) -> LedgerLine | None:
        with self._lock:
            return booked_line(self._of(tenant).calls.get(call_id))

    def of_run(self, tenant: str, run_id: str, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        rows = [line for line in self._lines(tenant) if line.run_id == run_id]
        return _page(f"{tenant}#lines#run#{run_id}", rows, line_place, limit, cursor)

    def of_day(self, tenant: str, day: date, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        rows = [line for line in self._lines(tenant) if line.at.startswith(day.isoformat())]
        return _page(f"{tenant}#lines#day#{day.isoformat()}", rows, line_place, limit, cursor)

    def sums(self, tenant: str, first: date, last: date) -> Sequence[UsageRow]:
        with self._lock:
            sums = sorted(self._of(tenant).sums.items(), key=lambda item: _sum_place(item[0]))
        days = (first.isoformat(), last.isoformat())
        return [row(key, each) for key, each in sums if days[0] <= key.day <= days[1] and each != NONE]

    def _lines(self, tenant: str) -> list[LedgerLine]:
        with self._lock:
            lines = [booked_line(call) for call in self._of(tenant).calls.values()]
        return [line for line in lines if line is not None]

    def _of(self, tenant: str) -> _Tenant:
        return self._tenants.setdefault(tenant, _Tenant())


def _same_call(stored: Call | None, expected: Call | None) -> bool:
    if stored is None or expected is None:
        return stored is expected
    return (stored.state, stored.line.at) == (expected.state, expected.line.at)


def lapse_shard(call_id: str) -> int:
    """Return in which part of the index a reservation is."""
    return crc32(call_id.encode()) % LAPSE_SHARDS


def line_place(line: LedgerLine) -> str:
    """Return where a line stands in lists."""
    return f"{line.at}#{line.call_id}"


def _sum_place(key: SumKey) -> tuple[str, ...]:
    return (key.day, key.principal, key.workflow_id, key.provider, key.model)


def _page(
    scope: str,
    rows: list[T],
    place_of: Callable[[T], str],
    limit: int,
    cursor: str | None,
    newest_first: bool = False,
) -> Page[T]:
    rows = sorted(rows, key=place_of, reverse=newest_first)
    if cursor is not None:
        (position,) = decode_cursor(cursor, scope)
        rows = [each for each in rows if (place_of(each) < position if newest_first else place_of(each) > position)]
    page = tuple(rows[:limit])
    return Page(page, encode_cursor(scope, place_of(page[-1])) if len(rows) > limit else None)
