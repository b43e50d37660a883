"""The executions that carry a run one after the other, where one of them dies before the run has ended.

01J…          the first one
01J….w1       took over when that one was found dead
01J….w2       and so on, a few times
"""

from collections.abc import Iterator

from heddle.application.ports.dispatch import Orchestrator
from heddle.application.runs.names import execution_name
from heddle.domain.engine.state import RunState

MAX_LIVES = 5
"""How many executions a run may use up; one that kills each of them would go on for ever."""
EXPRESS_WATCH_SECONDS = 330
"""When an Express execution is over for certain (the service ends it after 300): then its run is looked at again."""


def on_express(state: RunState) -> bool:
    """Whether the run's first life is an Express execution, of which nobody can ask whether it is under way."""
    return state.mode == "express" and not state.resumed and not state.continued


def life_name(name: str, number: int) -> str:
    """Name the execution that takes over for the `number`-th time."""
    return f"{name}.w{number}" if number else name


def lives(orchestrator: Orchestrator, run_id: str, state: RunState) -> Iterator[tuple[str, bool | None]]:
    """Yield the executions of the run since it was last resumed or continued, up to the first that never was.

    Each by name, with whether it is under way: False if it has ended, None (the last one) if there is none yet.
    """
    name = execution_name(run_id, state.resumed, state.continued)
    for number in range(1 if on_express(state) else 0, MAX_LIVES):
        candidate = life_name(name, number)
        running = orchestrator.is_running(candidate)
        yield candidate, running
        if running is None:
            return
