"""Reaching behind the API of the local stage, for what only its operator does: verify histories, rebuild, redrive."""

import json
from typing import Any

from heddle_cli.console import Exit, fail
from heddle_cli.names import COMMAND
from heddle_cli.stage import aws, lifecycle
from heddle_cli.stage.home import Home, project_root, read_json


def emulator_port() -> int:
    """Return the emulator's port; ends the program with the next command if the stage is not running."""
    facts = lifecycle.facts(Home.find())
    if facts["state"] != "ready":
        fail("the local stage is not running", code=Exit.STAGE, hint=f"{COMMAND} up")
    return int(facts["ports"]["emulator"])


def outputs() -> dict[str, str]:
    """Return what the deployed stacks say about themselves."""
    return read_json(Home.find().data / "outputs.json")


def verify_run(run_id: str, tenant: str) -> dict[str, Any]:
    """Check numbers and hash chain of a run's history in the event store itself."""
    import_core()
    from heddle.adapters.aws.blobs import S3BlobStore
    from heddle.adapters.aws.events import DynamoEventStore
    from heddle.application.history.verify import verify_stream
    from heddle.domain.events.envelope import StreamId

    port, names = emulator_port(), outputs()
    blobs = S3BlobStore(aws.client("s3", port), names["PayloadBucket"])
    store = DynamoEventStore(aws.client("dynamodb", port), names["EventTable"], blobs)
    report = verify_stream(store, StreamId(tenant, "run", run_id))
    return {
        "run": run_id,
        "intact": report.intact,
        "commits": report.commits,
        "events": report.events,
        "head_hash": report.head_hash,
        "findings": [{"commit": f.commit, "code": f.code, "message": f.message} for f in report.findings],
    }


DEAD_LETTERS = {
    "relay": ("RelayDeadLettersUrl", None),
    "relay-batches": ("RelayFailuresUrl", None),
    "tasks": ("TaskDeadLettersUrl", "DeadTasksUrl"),
    "project-runs": ("ProjectRunsDeadLettersUrl", "ProjectRunsQueueUrl"),
    "release-run": ("ReleaseRunDeadLettersUrl", "ReleaseRunQueueUrl"),
    "finish-child": ("FinishChildDeadLettersUrl", "FinishChildQueueUrl"),
    "match-events": ("MatchEventsDeadLettersUrl", "MatchEventsQueueUrl"),
}
"""Who has dead letters: the outputs that hold the URL of theirs and of the queue they go back to, None for the bus."""


def redrive(source: str) -> dict[str, Any]:
    """Send back the dead letters of one source; returns how many of what."""
    letters, target = DEAD_LETTERS[source]
    names = outputs()
    return call_operation("redrive", {"queue": names[letters], **({"target": names[target]} if target else {})})


def rebuild(tenant: str, run: str | None) -> int:
    """Rebuild the rows of one run or of all; returns of how many."""
    asked: dict[str, Any] = {"tenant": tenant, "run": run}
    rebuilt = 0
    while True:
        answer = call_operation("rebuildruns", asked)
        rebuilt += int(answer["rebuilt"])
        if answer["next"] is None:
            return rebuilt
        asked["skip"] = answer["next"]


def call_operation(function: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Call a function of functions/ops by a part of its name; returns its answer."""
    client = aws.client("lambda", emulator_port(), read_timeout=900)
    name = next((n for n in lifecycle.functions_of(client) if function in n.lower()), None)
    if name is None:
        fail(f"the stage has no function {function}", code=Exit.FAILED, hint=f"{COMMAND} up --redeploy")
    answer = client.invoke(FunctionName=name, Payload=json.dumps(payload).encode())
    value = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        fail(f"{function} failed: {value.get('errorMessage')}", code=Exit.FAILED, hint=f"{COMMAND} logs {function}")
    return dict(value or {})


def import_core() -> None:
    """Make the layer's code importable: it is a layer, not an installed package."""
    import sys

    path = str(project_root() / "layers" / "core" / "python")
    if path not in sys.path:
        sys.path.insert(0, path)
