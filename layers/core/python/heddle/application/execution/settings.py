"""The numbers that bound how a run is carried out."""

from heddle.records import dataclass

UNLIMITED = 1e9
"""Seconds left where nothing bounds them."""


@dataclass(frozen=True, slots=True)
class ExecutionSettings:
    """How strands are placed, batched and limited. Seconds and bytes throughout.

    `inline_levels` is how many forks may lie inside one another in one execution; deeper ones get an execution of
    their own. `event_budget` is what one execution's history may hold, `step_events` what one step of a strand is
    reckoned to add to it, `branch_events` what a branch gets at most; a strand that has used its share up moves to a
    new execution. `lanes` and `max_chunks` bound the fork of a for_each, `rounds` is how many
    chunks a lane gets, `max_branches` bounds the size of any fork.
    `item_seconds` is how long a function works on items before it commits those that are done: so much is lost with it.
    `short_wait` is the longest delay that is waited for in process. `margin` is what a function keeps for committing.
    `memory_mb` and `architecture` are the function's own, for what it costs; 0: nothing is paid for its time.
    """

    mode: str | None = None
    inline_levels: int = 2
    event_budget: int = 20_000
    event_reserve: int = 300
    step_events: int = 16
    branch_events: int = 400
    lanes: int = 40
    max_chunks: int = 400
    rounds: int = 10
    item_seconds: float = 10.0
    max_branches: int = 250
    short_wait: float = 2.0
    margin: float = 3.0
    batch_events: int = 400
    batch_seconds: float = 1.0
    snapshot_every: int = 100
    commit_attempts: int = 60
    max_output_bytes: int = 256 * 1024 * 1024
    inline_results_bytes: int = 4 * 1024
    callback_timeout: int = 31_536_000
    memory_mb: int = 0
    architecture: str = "arm64"


IN_PROCESS = ExecutionSettings(mode="inline", inline_levels=1_000_000_000, event_budget=1_000_000_000)
"""For the in-process driver: nothing there bounds depth or history."""
