"""Answer `?wait=`: carry an inline run out here and now, or watch the history of any other until it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from heddle.application.execution.step import RunRef
from heddle.application.ports.events import EventStore
from heddle.domain.events.envelope import StreamId
from heddle.domain.events.run_events import TERMINAL_EVENTS

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 0.5


@dataclass(frozen=True)
class WaitForRun:
    """`execute(run, seconds=…)` carries an inline run out and says whether it ended."""

    events: EventStore
    execute: Callable[..., bool]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]

    def __call__(self, run: RunRef, *, carry_out: bool, seconds: float) -> bool:
        """Return whether the run has ended; after `seconds` it has not. `carry_out`: it is this caller's to do."""
        deadline = self.monotonic() + seconds
        if carry_out:
            self.execute(run, seconds=seconds)
        return self._watch(StreamId(run["tenant"], "run", run["id"]), deadline)

    def _watch(self, stream: StreamId, deadline: float) -> bool:
        seen, ended, pause = 0, False, FIRST_PAUSE
        while True:
            history = self.events.read(stream, after=seen)
            seen = history.version
            for event in history.events:
                # A run that was resumed after its end is going on again.
                ended = event.type in TERMINAL_EVENTS if event.type != "RunResumed" else False
            left = deadline - self.monotonic()
            if ended or left <= 0:
                return ended
            self.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)
