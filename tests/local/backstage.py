"""What is behind the API of a local stage: functions and their settings, executions, queues; and a server to call.

Tests of resilience break things here and look at what the user sees; whatever they change they put back.
"""

import contextlib
import json
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from heddle_cli.stage import aws
from heddle_sdk.runs import Run
from tests.local.conftest import wait_until


@dataclass(frozen=True)
class Backstage:
    """The emulator of a stage, by the names that the project gives things."""

    home: Path

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return aws.client(service, self._runtime()["ports"]["emulator"])

    def _runtime(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "runtime.json").read_text())
        return found

    @cached_property
    def outputs(self) -> dict[str, str]:
        """What the deployed stacks say about themselves."""
        found: dict[str, str] = json.loads((self.home / "data" / "outputs.json").read_text())
        return found

    @cached_property
    def functions(self) -> dict[str, str]:
        """Function names by folder, such as nodes/http."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        return {
            function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: function["FunctionName"]
            for page in pages
            for function in page["Functions"]
            if "POWERTOOLS_SERVICE_NAME" in function.get("Environment", {}).get("Variables", {})
        }

    @contextlib.contextmanager
    def environment(self, *functions: str, **variables: str) -> Iterator[None]:
        """Change variables of functions for as long as the block lasts."""
        lambdas = self.client("lambda")
        before = {
            name: lambdas.get_function_configuration(FunctionName=self.functions[name])["Environment"]["Variables"]
            for name in functions
        }
        try:
            for name, kept in before.items():
                self._set(lambdas, name, kept | variables)
            yield
        finally:
            for name, kept in before.items():
                self._set(lambdas, name, kept)

    def _set(self, lambdas: Any, name: str, variables: dict[str, str]) -> None:
        lambdas.update_function_configuration(FunctionName=self.functions[name], Environment={"Variables": variables})

    @contextlib.contextmanager
    def attributes(self, queue_url: str, **attributes: str) -> Iterator[None]:
        """Change attributes of a queue for as long as the block lasts."""
        sqs = self.client("sqs")
        before = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(attributes))["Attributes"]
        sqs.set_queue_attributes(QueueUrl=queue_url, Attributes=attributes)
        try:
            yield
        finally:
            sqs.set_queue_attributes(QueueUrl=queue_url, Attributes=before)

    def letters(self, queue_url: str) -> int:
        """Count the messages that lie in a queue."""
        answer = self.client("sqs").get_queue_attributes(
            QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def processes(self, function: str) -> list[int]:
        """Return the ids of the processes that run a function now."""
        # With `e` ps shows the environment, where the function's name is; Linux and macOS agree on these options.
        # Two stages on one machine have functions of the same names: the parent tells them apart.
        listed = subprocess.run(
            ["ps", "axeww", "-o", "ppid=", "-o", "pid=", "-o", "command="], capture_output=True, check=True
        )
        emulator = self._runtime()["children"]["emulator"]
        named = re.compile(
            rf"^\s*{emulator}\s+(\d+) .*\sAWS_LAMBDA_FUNCTION_NAME={re.escape(self.functions[function])}(?:\s|$)"
        )
        lines = listed.stdout.decode(errors="replace").splitlines()
        return [int(found[1]) for found in map(named.match, lines) if found]

    def executions(self, run_id: str) -> dict[str, str]:
        """Return status by name of every Standard execution of a run: its own, continued, resumed and child ones."""
        steps = self.client("stepfunctions")
        pages = steps.get_paginator("list_executions").paginate(stateMachineArn=self.outputs["StandardStateMachineArn"])
        found = [execution for page in pages for execution in page["executions"]]
        return {e["name"]: e["status"] for e in found if e["name"].startswith(run_id)}

    def transitions(self, name: str) -> int:
        """Count the events in an execution's history."""
        arn = self.outputs["StandardStateMachineArn"].replace(":stateMachine:", ":execution:") + f":{name}"
        pages = self.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
        return sum(len(page["events"]) for page in pages)


class Neighbour(ThreadingHTTPServer):
    """A server on this machine that nodes call. It remembers every request, and answers when it is told to.

    /echo/NAME   answers at once            /fails/NAME  answers 500 until `well` holds NAME
    /slow/NAME   answers after `open(NAME)` /bytes/N     answers N bytes of text
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: dict[str, bytes] = {}
        self.well: set[str] = set()
        self._gates: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://{self.address}{path}"

    def count(self, path: str) -> int:
        """Count the requests for a path so far."""
        with self._lock:
            return Counter(seen for _, seen, _ in self.seen)[path]

    def paths(self, prefix: str) -> list[str]:
        """Return the paths asked for below a prefix, in order."""
        with self._lock:
            return [path for _, path, _ in self.seen if path.startswith(prefix)]

    def headers(self, path: str) -> dict[str, str]:
        """Return the headers of the first request for a path."""
        with self._lock:
            return next(headers for _, seen, headers in self.seen if seen == path)

    def gate(self, name: str) -> threading.Event:
        """Return what holds back the answers to /slow/NAME."""
        with self._lock:
            return self._gates.setdefault(name, threading.Event())

    def open(self, name: str) -> None:
        """Let /slow/NAME be answered, now and from now on."""
        self.gate(name).set()

    def asked(self, path: str) -> None:
        """Wait until somebody asks for the path."""
        wait_until(lambda: self.count(path), 30, f"a request for {path}")

    def note(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        """Remember a request."""
        with self._lock:
            self.seen.append((method, path, headers))
            self.bodies[path] = body

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Neighbour

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.note(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "slow":
            self.server.gate(name).wait(60)
        if kind == "bytes":
            self._answer(200, b"x" * int(name), "text/plain")
        elif kind == "fails" and name not in self.server.well:
            self._answer(500, b"{}", "application/json")
        else:
            self._answer(200, json.dumps({"name": name}).encode(), "application/json")

    do_GET = do_POST = _serve

    def _answer(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def neighbour() -> Iterator[Neighbour]:
    """Serve for as long as the block lasts."""
    server = Neighbour()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        for gate in list(server._gates.values()):
            gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def statuses(run: Run) -> dict[str, str]:
    """Return node statuses by id."""
    return {node.node_id: node.status for node in run.nodes}


def event_types(run: Run) -> list[str]:
    """Return the types of a run's events, in order."""
    return [event.type for event in run.events()]


def at_once(*calls: Any) -> list[Any]:
    """Call side by side; returns what each gave, an exception included."""

    def settled(call: Any) -> Any:
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(settled, calls))


def call(node: str, url: str, method: str = "GET", after: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """Return a node that calls the server once, without retries."""
    config = {"url": url, "method": method}
    return {"id": node, "type": "http", "config": config, "after": list(after), "retry": {"max_attempts": 1}, **fields}


def chain(server: Neighbour, name: str, middle: dict[str, Any]) -> dict[str, Any]:
    """Return a workflow of three calls, with this one in the middle."""
    return {
        "name": f"Three calls {name}",
        "nodes": [
            call("before", server.url(f"/echo/before-{name}"), "POST"),
            middle | {"after": ["before"]},
            call("behind", server.url(f"/echo/behind-{name}"), "POST", after=(middle["id"],)),
        ],
        "outputs": {"behind": "{{ nodes.behind.output.body.name }}"},
    }
