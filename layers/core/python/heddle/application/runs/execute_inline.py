"""Carry a run of cheap nodes out in this process, at once, without a state machine."""

from collections.abc import Callable
from dataclasses import dataclass

from heddle.application.execution.step import RunRef, Step, Work

NO_LIMIT = 1_000_000_000


@dataclass(frozen=True)
class ExecuteInline:
    """Obey the Steps of the run until it ends or the time is up.

    `step(work, seconds_left)` is the kernel's. Branches go one after another: cheap nodes have nothing to overlap.
    """

    step: Callable[[Work, float], Step]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]

    def __call__(self, run: RunRef, *, seconds: float) -> bool:
        """Return True once the run's strand ended, False if the time was up first (the queue then goes on with it)."""
        begun: Work = {
            "run": run,
            "strand": {"id": "0", "until": None, "level": 0, "events_left": NO_LIMIT},
            "do": "start",
        }
        return self._obey({"next": "advance", "work": begun}, self.monotonic() + seconds)

    def _obey(self, step: Step, deadline: float) -> bool:
        while step["next"] != "end":
            left = deadline - self.monotonic()
            if left <= 0 or step["next"] not in ("advance", "wait", "fork", "child", "continue"):
                return False
            if step["next"] == "wait":
                if step["seconds"] >= left:
                    return False
                self.sleep(step["seconds"])
            if step["next"] == "fork" and not all(self._obey(branch, deadline) for branch in step["strands"]):
                return False
            step = self.step(step["work"], deadline - self.monotonic())
        return True
