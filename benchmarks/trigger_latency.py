"""How long it takes from a webhook, an event or a call to the first node of the run that it starts.

    python -m benchmarks.trigger_latency [--rounds 20]

On a local stage of its own. From just before the request is sent to the time of the event `NodeScheduled` of the first
node in the run's history, both on this machine's clock. `accepted` is when the sender has its answer.

Peer: the SDK's own `POST /workflows/{id}/execute`, which has no trigger in between; nothing else starts runs of this
stage. The emulator's queues are polled by its Lambda service, not by AWS's pollers: compare the rows, not the cloud.
"""

import argparse
import base64
import hashlib
import hmac
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from benchmarks.machine import describe
from benchmarks.stage import HOMES, local_stage
from heddle_sdk import Client
from heddle_sdk.runs import Run

KNOWN_SECONDS = 15
"""What matches events knows the triggers of a tenant for some seconds: the new one is not among them before."""
ONE_NODE = {"name": "bench first node", "nodes": [{"id": "only", "type": "set", "config": {"values": {"done": 1}}}]}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    print(f"From the start to the first node: milliseconds, median of {rounds}\n{describe()}\n")
    with local_stage(HOMES / "triggers") as stage:
        stage("up")
        with stage.client() as heddle:
            workflow = heddle.workflows.ensure(ONE_NODE)
            print(f"{'started by':<28}{'accepted':>10}{'first node':>12}{'slowest':>10}", flush=True)
            show("POST …/execute", rounds, lambda: _execute(heddle, workflow))
            show("webhook, Standard Webhooks", rounds, _webhook(heddle, workflow))
            show("event, POST /events", rounds, _event(heddle, workflow))


def show(name: str, rounds: int, start: Callable[[], tuple[float, float]]) -> None:
    """Print a row; the first two rounds warm the functions and are not counted."""
    times = [start() for _ in range(rounds + 2)][2:]
    accepted, first = (statistics.median(each) * 1000 for each in zip(*times, strict=True))
    print(f"{name:<28}{accepted:>10.0f}{first:>12.0f}{max(time[1] for time in times) * 1000:>10.0f}", flush=True)


def _execute(heddle: Client, workflow: str) -> tuple[float, float]:
    began = datetime.now(UTC)
    run = heddle.runs.start(workflow, mode="standard")
    return (datetime.now(UTC) - began).total_seconds(), _first_node(run, began)


def _webhook(heddle: Client, workflow: str) -> Callable[[], tuple[float, float]]:
    made = heddle.triggers.create(
        {"name": "bench hook", "kind": "webhook", "workflow_id": workflow, "mode": "standard", "config": {}}
    )
    key = base64.b64decode(str(made.secret).removeprefix("whsec_"))
    number = iter(range(1_000_000))

    def start() -> tuple[float, float]:
        body, message, at = b'{"bench": true}', f"msg_{next(number)}", str(int(time.time()))
        signed = hmac.digest(key, f"{message}.{at}.".encode() + body, hashlib.sha256)
        headers = {
            "webhook-id": message,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
            "content-type": "application/json",
        }
        began = datetime.now(UTC)
        answer = httpx.post(f"{heddle.base_url}{made.hook_path}", content=body, headers=headers, timeout=30)
        accepted = (datetime.now(UTC) - began).total_seconds()
        assert answer.status_code == 202, answer.text
        return accepted, _first_node(_started(heddle, made.id, began), began)

    return start


def _event(heddle: Client, workflow: str) -> Callable[[], tuple[float, float]]:
    pattern = {"detail-type": ["Ticked"]}
    made = heddle.triggers.create(
        {
            "name": "bench event",
            "kind": "event",
            "workflow_id": workflow,
            "mode": "standard",
            "config": {"pattern": pattern},
        }
    )
    time.sleep(KNOWN_SECONDS)

    def start() -> tuple[float, float]:
        began = datetime.now(UTC)
        heddle.triggers.put_events([{"type": "Ticked", "data": {}}])
        accepted = (datetime.now(UTC) - began).total_seconds()
        return accepted, _first_node(_started(heddle, made.id, began), began)

    return start


def _started(heddle: Client, trigger_id: str, began: datetime) -> Run:
    """Return the run of the firing that came since then."""
    while True:
        for firing in heddle.triggers.history(trigger_id):
            if firing.run_id and datetime.fromisoformat(firing.at) >= began:
                return heddle.runs.get(firing.run_id)
            break
        time.sleep(0.05)


def _first_node(run: Run, began: datetime) -> float:
    assert run.wait(60).status == "succeeded"
    first = next(event for event in run.events() if event.type == "NodeScheduled")
    return (datetime.fromisoformat(first.occurred_at) - began).total_seconds()


if __name__ == "__main__":
    main()
