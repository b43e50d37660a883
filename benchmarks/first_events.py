"""What a cold function is asked first: AWS services with a run in them, behind one address, and the events.

moto answers for AWS in the process of the benchmark, so its work is not counted in that of the function.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.application.ports.events import NewEvent
from heddle.domain.engine.compile import compile_workflow
from heddle.domain.engine.plan_json import plan_to_json
from heddle.domain.events.codec import encode
from heddle.domain.events.envelope import History, Metadata, StreamId
from heddle.domain.events.run_events import RunRequested
from heddle.domain.workflow.definition import parse_document
from tests.contract.aws import NAMES, REGION, aws_stores, moto_clients

TENANT, WORKFLOW = "acme", "bench"
DOCUMENT = {
    "name": "bench",
    "nodes": [
        {
            "id": "pick",
            "type": "set",
            "config": {"values": {"url": "https://example.com/{{ input.page | default('') }}"}},
        },
        {"id": "get", "type": "http", "config": {"url": "{{ nodes.pick.output.url }}"}},
    ],
}


@dataclass
class FirstEvents:
    """Environment and first event of the functions that can be asked without AWS."""

    address: str
    events: Any
    queue_url: str
    runs: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """Where the services are, by the names that functions know."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_DEFAULT_REGION": REGION,
            "EVENT_TABLE": NAMES["events"],
            "CATALOG_TABLE": NAMES["catalog"],
            "RUNS_TABLE": NAMES["runs"],
            "SPEND_TABLE": NAMES["spend"],
            "REALTIME_TABLE": NAMES["realtime"],
            "CONNECTIONS_TABLE": NAMES["connections"],
            "PAYLOAD_BUCKET": NAMES["payloads"],
            "TASK_QUEUE_URL": self.queue_url,
        }

    def of(self, function: str) -> dict[str, Any] | None:
        """Return an event that the function was never asked; None where nobody but AWS could ask it."""
        match function:
            case "empty" | "boto3":
                return {}
            case "engine/advance":
                return self._work()
            case "api/rest":
                return _request("GET", "/runs")
            case "api/rest: execute":
                return _request("POST", f"/workflows/{WORKFLOW}/execute", {"input": {}, "mode": "standard"})
        return None

    def _work(self) -> dict[str, Any]:
        """Return the first work of a new run: one cheap node, one commit, and the function's node as the answer."""
        self.runs += 1
        run_id, at = f"run-{self.runs}", datetime.now(UTC)
        name, data = encode(RunRequested(WORKFLOW, 1, {}, at.isoformat(), mode="standard"))
        self.events.append(History(StreamId(TENANT, "run", run_id), ()), [NewEvent(name, data, at)], Metadata(run_id))
        strand = {"id": "0", "until": None, "level": 0, "events_left": 20_000}
        return {"run": {"tenant": TENANT, "id": run_id, "correlation_id": run_id}, "strand": strand, "do": "start"}


def _request(method: str, path: str, body: Any = None) -> dict[str, Any]:
    caller = {"tenant": TENANT, "principal": "user:ada", "roles": "admin", "scopes": "*"}
    return {
        "httpMethod": method,
        "path": path,
        "headers": {"content-type": "application/json"},
        "queryStringParameters": None,
        "body": None if body is None else json.dumps(body),
        "requestContext": {"authorizer": caller},
    }


@contextmanager
def first_events() -> Iterator[FirstEvents]:
    """Start the services, save a workflow, and give the events."""
    with moto_clients() as clients, ThreadingHTTPServer(("127.0.0.1", 0), _Bridge) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        queue = clients("sqs").create_queue(QueueName="tasks")
        stores, at = aws_stores("moto", clients, NAMES), datetime.now(UTC)
        plan = plan_to_json(compile_workflow(parse_document(DOCUMENT)))
        row = WorkflowRow(TENANT, WORKFLOW, "bench", "", 1, {}, at, at, "user:ada")
        stores.catalog.save_version(
            row, VersionRow(TENANT, WORKFLOW, 1, DOCUMENT, plan, at, "user:ada"), expected_version=0
        )
        yield FirstEvents(f"http://127.0.0.1:{server.server_port}", stores.events, queue["QueueUrl"])
        server.shutdown()


class _Bridge(BaseHTTPRequestHandler):
    """Passes a signed request on to the service it was signed for, which moto answers in this process."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        service = self.headers["Authorization"].split("Credential=")[1].split("/")[3]
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        with self.lock:
            answer = requests.post(f"https://{service}.{REGION}.amazonaws.com{self.path}", data=body, headers=headers)
        self.send_response(answer.status_code)
        for name in ("Content-Type", "x-amzn-requestid", "x-amz-crc32"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the table is what is printed."""
