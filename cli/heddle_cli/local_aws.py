"""Reaching behind the API of the local stage, for what only its operator does: verify histories, rebuild, redrive."""

import json
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Source:
    """Who has dead letters: the outputs with the URLs of theirs and of the queue they go back to, and who moves them.

    Of `batches` of a stream, `batches` says who reads them. What has neither target nor batches goes to the bus, or
    where there is nothing to do about it any more, away.
    """

    letters: str
    target: str | None = None
    batches: str | None = None
    drop: bool = False
    function: str = "ops/redrive"


REALTIME = "realtime/redrive_frames"
DEAD_LETTERS = {
    "relay": Source("RelayDeadLettersUrl"),
    "relay-batches": Source("RelayFailuresUrl"),
    "tasks": Source("TaskDeadLettersUrl", "DeadTasksUrl"),
    "webhooks": Source("WebhookDeadLettersUrl", "WebhooksGivenUpUrl"),
    "batches": Source("BatchesDeadLettersUrl", "BatchesGivenUpUrl"),
    "project-runs": Source("ProjectRunsDeadLettersUrl", "ProjectRunsQueueUrl"),
    "release-run": Source("ReleaseRunDeadLettersUrl", "ReleaseRunQueueUrl"),
    "finish-child": Source("FinishChildDeadLettersUrl", "FinishChildQueueUrl"),
    "match-events": Source("MatchEventsDeadLettersUrl", "MatchEventsQueueUrl"),
    "mailbox": Source("MailboxDeadLettersUrl", "MailboxUrl", function=REALTIME),
    "deliveries": Source("DeliveriesDeadLettersUrl", "DeliveriesUrl", function=REALTIME),
    "fan-out": Source("FanOutFailuresUrl", batches="fan_out", function=REALTIME),
    "publish-run": Source("PublishRunFailuresUrl", batches="publish_run", function=REALTIME),
    "sweep": Source("SweepDeadLettersUrl", drop=True),
    "repair-schedules": Source("RepairDeadLettersUrl", drop=True),
    "tend": Source("TendDeadLettersUrl", drop=True, function=REALTIME),
}
"""All of them, by what `heddle redrive` calls them; tests/infra/test_dead_letters.py says that none is left out."""


def redrive(name: str) -> dict[str, Any]:
    """Send back the dead letters of one source; returns how many of what."""
    source, urls = DEAD_LETTERS[name], outputs()
    asked: dict[str, Any] = {"queue": urls[source.letters]}
    if source.target:
        asked["target"] = urls[source.target]
    if source.batches:
        asked["batches"] = source.batches
    if source.drop:
        asked["drop"] = True
    return call_operation(source.function, asked)


def rebuild(tenant: str, run: str | None) -> int:
    """Rebuild the rows of one run or of all; returns of how many."""
    asked: dict[str, Any] = {"tenant": tenant, "run": run}
    rebuilt = 0
    while True:
        answer = call_operation("ops/rebuild_runs", asked)
        rebuilt += int(answer["rebuilt"])
        if answer["next"] is None:
            return rebuilt
        asked["skip"] = answer["next"]


def repair_schedules(tenant: str | None, *, dry_run: bool) -> dict[str, Any]:
    """Compare timers of one tenant or of all with their schedules, and make right what is wrong."""
    asked = {"dry_run": dry_run, **({"tenant": tenant} if tenant else {})}
    return call_operation("ops/repair_schedules", asked)


def call_operation(function: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Call a function by its folder below functions/; returns its answer."""
    client = aws.client("lambda", emulator_port(), read_timeout=900)
    pages = client.get_paginator("list_functions").paginate()
    names = {_folder(found): str(found["FunctionName"]) for page in pages for found in page["Functions"]}
    name = names.get(function)
    if name is None:
        fail(f"the stage has no function {function}", code=Exit.FAILED, hint=f"{COMMAND} up --redeploy")
    answer = client.invoke(FunctionName=name, Payload=json.dumps(payload).encode())
    value = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        fail(f"{function} failed: {value.get('errorMessage')}", code=Exit.FAILED, hint=f"{COMMAND} logs {function}")
    return dict(value or {})


def _folder(function: dict[str, Any]) -> str | None:
    variables: dict[str, str] = function.get("Environment", {}).get("Variables", {})
    return variables.get("POWERTOOLS_SERVICE_NAME")


def import_core() -> None:
    """Make the layer's code importable: it is a layer, not an installed package."""
    import sys

    path = str(project_root() / "layers" / "core" / "python")
    if path not in sys.path:
        sys.path.insert(0, path)
