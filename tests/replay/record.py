"""Records histories for `test_replay.py`. Only adds files: what is recorded stays, that is the point of it.

Run: PYTHONPATH=layers/core/python:. .venv/bin/python -m tests.replay.record
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from heddle.application.execution.settle import Outcome
from heddle.domain.engine.commands import CancelRun, ResumeRun
from heddle.domain.events.envelope import Metadata
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.testing.node_runners import node_runners
from heddle.testing.replay import record
from heddle.testing.run_workflow import FinishedRun, Workbench, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.contract.driver_scenarios import SCENARIOS
from tests.support.graphs import ForEach, RetryPolicy, cheap, plan_of, work

HISTORIES = Path(__file__).parent / "histories"
BY = Metadata("recording")


def _half() -> float:
    return 0.5


def failure_and_resume() -> FinishedRun:
    """Return a run that failed after retries, was resumed, and then went well."""
    calls: list[str] = []

    def flaky(task: NodeTask) -> NodeResult:
        calls.append(task.node_id)
        if task.node_id == "b" and calls.count("b") < 4:
            raise NodeError("not yet", code="flaky", retryable=True)
        return NodeResult({"id": task.node_id}, usage={"input_tokens": 5, "cost_usd": "0.01"})

    nodes = [work("a"), work("b", retry=RetryPolicy(3, "linear", 5.0, jitter=0.0)), cheap("c")]
    plan = plan_of(nodes, [("a", "b"), ("b", "c")])
    bench = Workbench(plan, runners={"work": flaky}, time=VirtualTime(), chance=_half)
    run = bench.request({"q": "why"})
    bench.drive(run)
    bench.runner().log.change("test", run["id"], ResumeRun("user:ann", bench.now().isoformat()), metadata=BY)
    return bench.drive(run)


def waiting_and_items() -> FinishedRun:
    """Return a run with an approval, a delay, and a for_each in chunks."""
    nodes = [
        work("ask", type="approval", host="callback", function=None, config={"message": "go?"}, timeout=1e6),
        work("rest", type="delay", host="wait", function=None, config={"seconds": 600}),
        work("each", for_each=ForEach("{{ input.list }}", 2), config={"n": "{{ item }}"}),
    ]
    plan = plan_of(nodes, [("ask", "each"), ("rest", "each")])
    return run_workflow(
        plan,
        {"list": [1, 2, 3]},
        runners={"work": lambda task: NodeResult(dict(task.config))},
        decide=lambda waiting: Outcome({"approved": True}),
        time=VirtualTime(),
    )


def cancelled() -> FinishedRun:
    """Return a run that was cancelled while its first node was at work."""
    bench = Workbench(plan_of([work("a"), work("b")], [("a", "b")]), time=VirtualTime())
    run = bench.request()

    def cancel(task: NodeTask) -> NodeResult:
        command = CancelRun("enough", "user:ann", bench.now().isoformat())
        bench.runner().log.change("test", run["id"], command, metadata=BY)
        return NodeResult(1)

    bench.runners = {"work": cancel}
    return bench.drive(run)


OTHERS: dict[str, Callable[[], FinishedRun]] = {
    "failure_and_resume": failure_and_resume,
    "waiting_and_items": waiting_and_items,
    "cancelled": cancelled,
}


def main() -> None:
    """Write every history that is not there yet."""
    HISTORIES.mkdir(exist_ok=True)
    runs: dict[str, Callable[[], FinishedRun]] = dict(OTHERS)
    for scenario in SCENARIOS:
        if scenario.calls or scenario.children or scenario.decisions:  # these depend on more than their input
            continue
        runs[scenario.document["name"]] = partial(
            run_workflow, scenario.document, scenario.input, runners=node_runners(), time=VirtualTime()
        )
    for name, run in runs.items():
        path = HISTORIES / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(record(run()), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
