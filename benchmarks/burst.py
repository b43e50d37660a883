"""A burst of starts on the local stage: how fast they are taken and done, and that none is lost or doubled.

    python -m benchmarks.burst [--runs 1000] [--threads 16]

Peer: none measurable. A stage of its own, in a fresh home folder; a workflow of one node that is computed in process,
so that what is measured is the way through API, queue and dispatcher, not the work. Priorities take turns.
"""

import argparse
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from benchmarks.machine import describe
from benchmarks.stage import HOMES, local_stage
from heddle_sdk import Client

PRIORITIES = ("high", "normal", "low")
WORKFLOW = {
    "name": "bench burst",
    "input": {"type": "object", "properties": {"number": {"type": "integer"}}},
    "nodes": [{"id": "only", "type": "template", "config": {"template": "{{ input.number }}"}}],
    "outputs": {"number": "{{ nodes.only.output.text }}"},
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--threads", type=int, default=16)
    asked = parser.parse_args()
    print(f"Burst: {asked.runs} starts from {asked.threads} threads\n{describe()}\n")
    with local_stage(HOMES / "burst") as stage:
        stage("up")
        with stage.client() as heddle:
            burst(heddle, asked.runs, asked.threads)


def burst(heddle: Client, count: int, threads: int) -> None:
    """Start, wait until all have ended, and print what became of them."""
    workflow = heddle.workflows.ensure(WORKFLOW)
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:

        def start(number: int) -> str:
            priority = PRIORITIES[number % len(PRIORITIES)]
            return heddle.runs.start(workflow, {"number": number}, priority=priority).id

        ids = list(pool.map(start, range(count)))
        taken = time.perf_counter() - began
        ended = list(pool.map(lambda run_id: heddle.runs.get(run_id).wait(600), ids))
        whole = time.perf_counter() - began
    statuses = Counter(run.status for run in ended)
    numbers = Counter(str((run.output or {}).get("number")) for run in ended)
    lost = sum(1 for number in range(count) if numbers[str(number)] == 0)
    doubled = count - len(set(ids)) + sum(1 for times in numbers.values() if times > 1)
    print(f"{'accepted by the API':<32}{taken:>9.1f} s {count / taken:>9.0f} /s")
    print(f"{'until the last one has ended':<32}{whole:>9.1f} s {count / whole:>9.0f} /s")
    print(f"{'succeeded':<32}{statuses['succeeded']:>9}")
    print(f"{'lost, doubled':<32}{lost:>9}{doubled:>9}  target: 0 0", flush=True)
    if lost or doubled or statuses["succeeded"] != count:
        raise SystemExit(f"what became of them: {dict(statuses)}")


if __name__ == "__main__":
    main()
