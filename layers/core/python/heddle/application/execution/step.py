"""The little language between a strand of a run and whoever drives it (Step Functions, or the in-process driver).

A *strand* is one line of work through the graph. It carries out the nodes that its own last commit made ready:

    one ready node      the strand goes on with it                                         task · wait · callback
    several             the strand forks; each branch is a strand of its own               fork
    none                the strand ends; whoever finishes the last dependency goes on      end

A strand forked at node f ends when it reaches the join of f (its immediate post-dominator, `Plan.joins[f]`), and the
strand that forked goes on there. All branches end at that same moment, so the barrier of the fork costs nothing, in
any acyclic graph. See docs/decisions for the proof and for what this replaces.

A driver needs no state: it gives a `Work` to a function and obeys the `Step` that comes back. Both are JSON.

Work  {"run":    {"tenant", "id", "correlation_id"},
       "strand": {"id": "0", "until": null | node id, "level": 0, "events_left": 20000},
       "do":     "start"      begin, or go on after resume/continuation: take every scheduled node that nobody carries
                 "node"       run node `node`, attempt `attempt` (sent to the function that hosts it)
                 "items"      run items start..stop-1 of for_each node `node`
                 "gather"     all chunks of for_each node `node` ended: put the results together
                 "joined"     all branches of the fork at `node` ended: go on at the join
                 "woken"      the timer or callback of node `node` came
                 "timed_out"  the callback of node `node` did not come in time
                 "lost",      the function that had node `node` died: `error` is {"Error", "Cause"}
       "node", "attempt", "start", "stop", "error"   where `do` needs them
       "nodes": […]           with start: scheduled nodes that this strand takes over, besides those scheduled for it
       "losses": 1            how often the function of these items died already
       "meter": {…}           what calls before took that no commit says yet (see metering.py)}

Step  {"next": "end"}
      {"next": "task",     "function": "parse", "work": Work}
      {"next": "advance",  "work": Work}                                  call Advance with it
      {"next": "wait",     "seconds": 5, "work": Work}                    then Advance with work
      {"next": "callback", "timeout_seconds": 60, "work": Work}           register a task token for the node, then
                                                                          Advance with do = woken or timed_out
      {"next": "fork",     "strands": [Step, …], "concurrency": 40, "work": Work}   then Advance with work
      {"next": "child",    "work": Work}        run that work to its end in an execution of its own, then end
      {"next": "continue", "execution": name, "work": Work}   start a new execution so called, and end this one
"""

from typing import Any, Literal, NotRequired, TypedDict


class RunRef(TypedDict):
    """Which run, and the correlation id that goes on every line and call."""

    tenant: str
    id: str
    correlation_id: str


class StrandRef(TypedDict):
    """Which strand, where it ends, how deep its fork is, and how many history events it may still cause."""

    id: str
    until: str | None
    level: int
    events_left: int


class Work(TypedDict):
    """What a function is asked to do for a strand."""

    run: RunRef
    strand: StrandRef
    do: Literal["start", "node", "items", "gather", "joined", "woken", "timed_out", "lost"]
    node: NotRequired[str]
    attempt: NotRequired[int]
    start: NotRequired[int]
    stop: NotRequired[int]
    error: NotRequired[dict[str, Any]]
    nodes: NotRequired[list[str]]
    losses: NotRequired[int]
    meter: NotRequired[dict[str, int]]


class Step(TypedDict):
    """What the driver does next for this strand."""

    next: Literal["end", "task", "advance", "wait", "callback", "fork", "child", "continue"]
    work: NotRequired[Work]
    function: NotRequired[str]
    seconds: NotRequired[float]
    timeout_seconds: NotRequired[int]
    strands: NotRequired[list["Step"]]
    concurrency: NotRequired[int]
    execution: NotRequired[str]


END: Step = {"next": "end"}
