"""How far a batch is, and every way it may go on: pure decisions over one small value that is swapped as a whole.

    pending ──► running ◄──► paused ──► completed, partially_completed, failed
       └───────────┴────────────┴─► stopping ──► cancelled, failed

A batch works in *lanes*, at most as many as items may be done at once. A lane holds one item at a time, and takes the
next one in the same swap that counts the one it held: so each item is held by one lane, counted once, and no more than
`max_parallel` are under way, whatever is delivered twice or dies in between. Paused or stopping, lanes end with the
item that they hold. The swap that empties the last lane is the one that ends the batch.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from heddle.errors import Conflict
from heddle.records import dataclass

Status = Literal["pending", "running", "paused", "stopping", "completed", "partially_completed", "failed", "cancelled"]
ENDED = frozenset(["completed", "partially_completed", "failed", "cancelled"])
TELL_AFTER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """`lanes` has the position of the item that each holds, `next` the first that none has held yet.

    `total` is None until the items were listed. `stopping_as` is what it ends as while it is stopping, `stopped_by` who
    cancelled it. `since` and `done_before`: since when items are done without a pause, and how many were done until
    then. `told_*`: what was said of it last. `announced`: everybody was told that it has ended. `error` says why
    nothing was done at all.
    """

    status: Status = "pending"
    revision: int = 1
    total: int | None = None
    next: int = 1
    lanes: Mapping[int, int] = field(default_factory=dict)
    succeeded: int = 0
    failed: int = 0
    stopping_as: Status = "cancelled"
    stopped_by: str = ""
    started_at: datetime | None = None
    changed_at: datetime | None = None
    since: datetime | None = None
    done_before: int = 0
    told_at: datetime | None = None
    told_percent: int = 0
    ended_at: datetime | None = None
    announced: bool = False
    error: Mapping[str, str] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    @property
    def done(self) -> int:
        """How many items were done, well or not."""
        return self.succeeded + self.failed

    @property
    def skipped(self) -> int:
        """How many items of an ended batch were never done."""
        return (self.total or 0) - self.done if self.ended else 0

    @property
    def percent(self) -> int:
        """How much is done, in whole per cent, rounded down."""
        return 100 * self.done // self.total if self.total else 0

    @property
    def step(self) -> str:
        """What is going on, in a few words."""
        if self.ended:
            return self.status.replace("_", " ")
        if self.total is None:
            return "listing the items" if self.status == "pending" else self.status
        if self.status == "running":
            return f"{self.done} of {self.total} items done"
        return f"{self.status}, {len(self.lanes)} items under way"

    def completes_at(self, now: datetime) -> datetime | None:
        """Return when it will have ended if it goes on as it has since it was last started; None if nobody knows."""
        fresh = self.done - self.done_before
        if self.status != "running" or self.since is None or self.total is None or fresh < 1:
            return None
        return now + (self.total - self.done) * ((now - self.since) / fresh)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        values = {name: getattr(self, name) for name in self.__slots__}
        times = {name: value.isoformat() for name, value in values.items() if isinstance(value, datetime)}
        return {**values, **times, "lanes": {str(lane): position for lane, position in self.lanes.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Progress":
        """Return what `to_json` gave."""
        times = {name: datetime.fromisoformat(value[name]) for name in _TIMES if value.get(name) is not None}
        return cls(**{**value, **times, "lanes": {int(lane): at for lane, at in value["lanes"].items()}})


_TIMES = ("started_at", "changed_at", "since", "told_at", "ended_at")


def planned(now: Progress, total: int, *, max_parallel: int, at: datetime) -> Progress:
    """Its items were listed: it runs, unless it was paused meanwhile. Nothing changes the second time."""
    if now.total is not None or now.ended:
        return now
    known = _next(now, total=total)
    return _running(known, max_parallel, at) if now.status == "pending" else known


def refused(now: Progress, code: str, message: str, *, at: datetime) -> Progress:
    """Its items could not be listed, and so it fails. Nothing changes once they were."""
    if now.total is not None or now.ended:
        return now
    return _ended(_next(now, error={"code": code, "message": message}, total=0), "failed", at)


def finished(now: Progress, lane: int, position: int, *, ok: bool, continue_on_error: bool, at: datetime) -> Progress:
    """Count what a lane held, and let it take the next item. Nothing changes if the lane does not hold that one."""
    if now.lanes.get(lane) != position:
        return now
    counted = _next(now, succeeded=now.succeeded + ok, failed=now.failed + (not ok))
    if not ok and not continue_on_error and now.status in ("running", "paused"):
        counted = replace(counted, status="stopping", stopping_as="failed")
    total, lanes = counted.total or 0, {each: held for each, held in now.lanes.items() if each != lane}
    if counted.status == "running" and counted.next <= total:
        return _told(replace(counted, lanes={**lanes, lane: counted.next}, next=counted.next + 1), at)
    return _drained(_told(replace(counted, lanes=lanes), at), at)


def paused(now: Progress, *, at: datetime) -> Progress:
    """No lane takes another item. Raises Conflict batch_ended, batch_stopping."""
    _going(now)
    return now if now.status == "paused" else _next(now, status="paused", changed_at=at)


def resumed(now: Progress, *, max_parallel: int, at: datetime) -> Progress:
    """Lanes take items again. Raises Conflict batch_ended, batch_stopping."""
    _going(now)
    if now.status != "paused":
        return now
    changed = _next(now, changed_at=at)
    return replace(changed, status="pending") if now.total is None else _running(changed, max_parallel, at)


def cancelled(now: Progress, *, by: str, at: datetime) -> Progress:
    """End it as soon as what is under way has ended. Raises Conflict batch_ended, unless it was cancelled before."""
    if now.status in ("cancelled", "stopping"):
        return now
    _going(now)
    return _drained(_next(now, status="stopping", stopping_as="cancelled", stopped_by=by, changed_at=at), at)


def announced(now: Progress) -> Progress:
    """Everybody knows that it has ended."""
    return now if now.announced or not now.ended else _next(now, announced=True)


def _next(now: Progress, **changes: Any) -> Progress:
    return replace(now, revision=now.revision + 1, **changes)


def _going(now: Progress) -> None:
    if now.ended:
        raise Conflict(f"the batch has ended: it is {now.status}", code="batch_ended", status=now.status)
    if now.status == "stopping":
        raise Conflict("the batch is being stopped already", code="batch_stopping")


def _running(now: Progress, max_parallel: int, at: datetime) -> Progress:
    """Let every free lane take an item."""
    lanes, following = dict(now.lanes), now.next
    for lane in range(1, max_parallel + 1):
        if lane not in lanes and following <= (now.total or 0):
            lanes[lane], following = following, following + 1
    running = replace(now, status="running", lanes=lanes, next=following, since=at, done_before=now.done)
    return _drained(replace(running, started_at=now.started_at or at, told_at=at), at)


def _told(now: Progress, at: datetime) -> Progress:
    """Note that it is said now how far it is, if that is worth saying: another per cent, or a second later."""
    if now.percent > now.told_percent or now.told_at is None or at - now.told_at >= TELL_AFTER:
        return replace(now, told_at=at, told_percent=now.percent)
    return now


def _drained(now: Progress, at: datetime) -> Progress:
    """End it if nothing is under way and nothing will be."""
    if now.lanes:
        return now
    if now.status == "stopping":
        return _ended(now, now.stopping_as, at)
    if now.total is None or now.next <= now.total:
        return now
    return _ended(now, _outcome(now), at)


def _outcome(now: Progress) -> Status:
    if not now.failed:
        return "completed"
    return "partially_completed" if now.succeeded else "failed"


def _ended(now: Progress, status: Status, at: datetime) -> Progress:
    return replace(now, status=status, ended_at=at)
