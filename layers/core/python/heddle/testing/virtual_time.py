"""Time that passes only when everyone waits: delays of days take no time, and a test sees exact times."""

import heapq
import threading
from datetime import UTC, datetime, timedelta
from itertools import count


class VirtualTime:
    """A clock, and the `Pace` of an in-process driver. Whoever sleeps is woken when nobody has anything else to do.

    Threads have to say when they begin and end something (the driver does); a sleep hands the sleeper's part back.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._busy = 0
        self._sleeping: list[tuple[float, int, threading.Event]] = []
        self._number = count()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._elapsed

    def began(self) -> None:
        """Note that someone has something to do."""
        with self._lock:
            self._busy += 1

    def ended(self) -> None:
        """Note that they have done it; if they were the last, time goes on to the next sleeper's waking."""
        with self._lock:
            self._busy -= 1
            self._go_on()

    def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed. Outside of a driver they pass at once."""
        if seconds <= 0:
            return
        with self._lock:
            if self._busy == 0:
                self._elapsed += seconds
                return
            awake = threading.Event()
            heapq.heappush(self._sleeping, (self._elapsed + seconds, next(self._number), awake))
            self._busy -= 1
            self._go_on()
        awake.wait()

    def _go_on(self) -> None:
        if self._busy == 0 and self._sleeping:
            self._elapsed = max(self._elapsed, self._sleeping[0][0])
            while self._sleeping and self._sleeping[0][0] <= self._elapsed:
                _, _, awake = heapq.heappop(self._sleeping)
                self._busy += 1
                awake.set()
