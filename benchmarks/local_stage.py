"""How long the local stage takes to come up, and to answer once it is up.

    make bench-stage    or    python -m benchmarks.local_stage [--rounds 5]

Peer: none measurable. Nothing else brings a whole stack of this kind up on a laptop from the same templates as the
cloud and runs a workflow through it, so these figures stand beside their targets only.

The stage is one of its own, in a fresh home folder: tools and layers are there already (that is installing), its data,
processes and deployment are not. Seconds from the start of the command to its end, or, of requests, from sending to
the answer.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.machine import describe
from benchmarks.stage import HOMES, ROOT, local_stage
from heddle_cli.stage.deploy import fingerprint
from heddle_sdk import Client

DOCUMENTS = ("reliability-guide.html", "incident-review.pdf", "cost-notes.md", "capacity-figures.json")
INPUT = [part for name in DOCUMENTS for part in ("--input", f"documents=@examples/documents/{name}")]
EXAMPLE = ("run", "examples/research_brief.yaml", *INPUT)
ONE_NODE = {"name": "bench one node", "nodes": [{"id": "only", "type": "set", "config": {"values": {"done": 1}}}]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rounds", type=int, default=5, help="of the example; requests are repeated four times as often"
    )
    rounds = parser.parse_args().rounds
    print(f"Local stage: seconds\n{describe()}\n")
    print(f"{'what':<46}{'seconds':>9}  target", flush=True)
    with local_stage(HOMES / "local") as stage:
        show("heddle up, cold", stage("up", show=True), 60)
        show("heddle up, while it is up", undisturbed(lambda: stage("up")))
        show("heddle down", stage("down"))
        stage("up")

        def again() -> float:
            stage("down")
            return stage("up", show=True)

        show("heddle up, warm (after down)", undisturbed(again), 10)
        stage(*EXAMPLE)
        times = [stage(*EXAMPLE) for _ in range(rounds)]
        show("research example, warm, from the command line", statistics.median(times), 5)
        with stage.client() as heddle:
            requests(heddle, rounds * 4)


def requests(heddle: Client, rounds: int) -> None:
    """Print what a run of one node takes, answered at once and through the state machine."""
    workflow = heddle.workflows.ensure(ONE_NODE)

    def inline() -> None:
        assert heddle.runs.start(workflow, wait=10, mode="inline").status == "succeeded"

    def standard() -> None:
        assert heddle.runs.start(workflow, mode="standard").wait(30).status == "succeeded"

    show("inline run of one node, answered (?wait)", median(rounds, inline))
    show("standard run of one node, until it is seen", median(rounds, standard))


def undisturbed(measure: Callable[[], float]) -> float:
    """Measure until the project's sources are the same before and after, and since the time before that.

    Otherwise an edit in the meantime makes `heddle up` deploy, rightly, and that is not what is measured.
    """
    deployed = ""
    while True:
        now, seconds = fingerprint(ROOT, {}), measure()
        if deployed == now == fingerprint(ROOT, {}):
            return seconds
        deployed = now


def median(rounds: int, call: Callable[[], Any]) -> float:
    """Return the median seconds of the call, after one that warms up."""
    call()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def show(what: str, seconds: float, target: float | None = None) -> None:
    """Print a line as soon as it is known."""
    verdict = "" if target is None else f"< {target:g} {'kept' if seconds < target else 'BROKEN'}"
    print(f"{what:<46}{seconds:>9.3f}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
