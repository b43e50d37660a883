"""The client: workflows, runs, approvals, uploads of one tenant, from Python.

from heddle_sdk import Client

with Client.from_stage_file() as heddle:
    run = heddle.run("examples/research_brief.yaml", {"question": "…", "documents": […]}, wait=60)
    print(run.result()["report"])
"""

import json
import mimetypes
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

from heddle_sdk.errors import ConnectionFailed, NotFound, RunNotSucceeded, WaitTimedOut, api_error
from heddle_sdk.models import (
    ApiKey,
    Approval,
    Identity,
    NodeRun,
    RunData,
    RunEvent,
    Uploaded,
    Validation,
    Workflow,
)
from heddle_sdk.transport import Credentials, Transport

T = TypeVar("T")
POLL_SECONDS = (0.05, 1.0)
"""The pause between two looks at a run: it starts with the first and grows to the second."""


class Client:
    """One tenant's door. Give a token, an API key, or user and password (then tokens are fetched and renewed)."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        api_key: str | None = None,
        user: str | None = None,
        password: str | None = None,
        timeout: float = 60.0,
        retries: int = 3,
        http: httpx.Client | None = None,
    ) -> None:
        who = Credentials(token=token, api_key=api_key, user=user, password=password)
        self._transport = Transport(base_url, who, timeout=timeout, retries=retries, http=http)
        self.workflows = Workflows(self._transport)
        self.runs = Runs(self._transport)
        self.approvals = Approvals(self._transport)
        self.uploads = Uploads(self._transport)
        self.api_keys = ApiKeys(self._transport)

    @classmethod
    def from_stage_file(cls, path: str | Path | None = None, **options: Any) -> "Client":
        """Read address and key from a stage file: the one named, or the one that `find_stage_file` finds."""
        file = Path(path) if path else find_stage_file()
        stage = json.loads(file.read_text())
        return cls(stage["api_url"], api_key=stage["api_key"], **options)

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._transport.base_url

    def run(
        self,
        workflow: "str | Path | Mapping[str, Any]",
        input: Mapping[str, Any] | None = None,
        *,
        wait: float = 0,
        **options: Any,
    ) -> "Run":
        """Run a workflow by id, by the path of its document, or by the document itself (which is then saved first).

        With `wait` seconds the call returns when the run has ended, or after that time: look at `run.ended`.
        `options` as of `runs.start`.
        """
        run = self.runs.start(self.workflows.ensure(workflow), input, wait=min(wait, 20.0), **options)
        if wait and not run.ended:
            try:
                return run.wait(wait)
            except WaitTimedOut:
                return run.reload()
        return run

    def validate(self, document: "str | Path | Mapping[str, Any]") -> Validation:
        """Check a document without saving it."""
        return self.workflows.validate(document)

    def me(self) -> Identity:
        """Who this client is."""
        return Identity.from_json(self._transport.json("GET", "/me"))

    def health(self) -> dict[str, Any]:
        """Whether the service and everything it depends on is well."""
        value: dict[str, Any] = self._transport.json("GET", "/health/detailed", anonymous=True)
        return value

    def info(self) -> dict[str, Any]:
        """Return what is deployed there."""
        value: dict[str, Any] = self._transport.json("GET", "/info", anonymous=True)
        return value

    def node_types(self) -> list[dict[str, Any]]:
        """Return the node types that documents can use, each with the JSON Schema of its config."""
        return list(_pages(self._transport, "/node-types", dict))

    def token(self) -> str | None:
        """Return the bearer token in use; None with an API key."""
        return self._transport.token()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Workflows:
    """Saved definitions and their versions."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[Workflow]:
        """All workflows, newest change first, `limit` per request."""
        return _pages(self._transport, "/workflows", Workflow.from_json, limit=limit)

    def get(self, workflow_id: str, version: int | None = None) -> Workflow:
        """One workflow with its document."""
        path = f"/workflows/{workflow_id}" + (f"/versions/{version}" if version else "")
        return Workflow.from_json(self._transport.json("GET", path))

    def versions(self, workflow_id: str, *, limit: int = 50) -> Iterator[dict[str, Any]]:
        """Return the versions, newest first."""
        return _pages(self._transport, f"/workflows/{workflow_id}/versions", dict, limit=limit)

    def save(self, document: "str | Path | Mapping[str, Any]", *, id: str | None = None, note: str = "") -> Workflow:
        """Save a document: as a new workflow, or with `id` as its next version (or first, if it is new)."""
        body: dict[str, Any] = {"document": read_document(document)} | ({"note": note} if note else {})
        if id is None:
            return Workflow.from_json(self._transport.json("POST", "/workflows", body=body))
        return Workflow.from_json(self._transport.json("PUT", f"/workflows/{id}", body=body))

    def ensure(self, workflow: "str | Path | Mapping[str, Any]") -> str:
        """Return the id of a workflow; a document is saved under an id made of its name, unless it is there already."""
        if isinstance(workflow, str) and not looks_like_file(workflow):
            return workflow
        document = read_document(workflow)
        workflow_id = id_from_name(str(document.get("name", "workflow")))
        try:
            found = self.get(workflow_id)
        except NotFound:
            return self.save(document, id=workflow_id).id
        return found.id if dict(found.document) == document else self.save(document, id=workflow_id).id

    def delete(self, workflow_id: str) -> None:
        """Delete it; its runs stay readable."""
        self._transport.json("DELETE", f"/workflows/{workflow_id}")

    def validate(self, document: "str | Path | Mapping[str, Any]") -> Validation:
        """Check a document without saving it."""
        return Validation.from_json(self._transport.json("POST", "/workflows/validate", body=read_document(document)))


@dataclass(frozen=True)
class Runs:
    """Runs of workflows."""

    _transport: Transport

    def start(
        self,
        workflow_id: str,
        input: Mapping[str, Any] | None = None,
        *,
        wait: float = 0,
        mode: str | None = None,
        version: int | None = None,
        labels: Mapping[str, str] | None = None,
        live: bool | None = None,
        budget_usd: str | None = None,
        idempotency_key: str | None = None,
    ) -> "Run":
        """Start a run. An idempotency key is made unless you give one, so a retried request never starts two."""
        given = {"mode": mode, "version": version, "labels": labels, "live": live, "budget_usd": budget_usd}
        body = {"input": dict(input or {})} | {name: value for name, value in given.items() if value is not None}
        key = idempotency_key or f"sdk-{secrets.token_hex(16)}"
        params = {"wait": int(wait)} if wait >= 1 else {}
        path = f"/workflows/{workflow_id}/execute"
        answer = self._transport.json("POST", path, body=body, params=params, headers={"Idempotency-Key": key})
        return Run.of(self._transport, {"id": answer.get("run_id"), **answer})

    def get(self, run_id: str) -> "Run":
        """One run as it is now, with its nodes."""
        return Run.of(self._transport, self._transport.json("GET", f"/runs/{run_id}"))

    def list(self, *, workflow_id: str | None = None, status: str | None = None, limit: int = 50) -> Iterator["Run"]:
        """Return runs, newest first, `limit` per request."""
        make = lambda value: Run.of(self._transport, value)  # noqa: E731
        return _pages(self._transport, "/runs", make, workflow_id=workflow_id, status=status, limit=limit)


@dataclass(frozen=True, kw_only=True)
class Run(RunData):
    """A run: what it was when it was fetched, and what can be done with it."""

    transport: Transport = field(repr=False, compare=False)

    @classmethod
    def of(cls, transport: Transport, value: Mapping[str, Any]) -> "Run":
        """Take the API's answer."""
        known = {
            name: value[name] for name in RunData.__dataclass_fields__ if name in value and name not in ("raw", "nodes")
        }
        nodes = tuple(NodeRun.from_json(node) for node in value.get("nodes") or ())
        return cls(raw=value, transport=transport, nodes=nodes, **known)

    def reload(self) -> "Run":
        """Return the run as it is now."""
        return Run.of(self.transport, self.transport.json("GET", f"/runs/{self.id}"))

    def wait(self, seconds: float = 300) -> "Run":
        """Return the run when it has ended; WaitTimedOut if it has not in that time."""
        run, until, pause = self, self.transport.clock() + seconds, POLL_SECONDS[0]
        while not run.ended:
            if self.transport.clock() >= until:
                raise WaitTimedOut(self.id, seconds)
            self.transport.sleep(pause)
            pause = min(POLL_SECONDS[1], pause * 1.5)
            run = run.reload()
        return run if run.raw.get("nodes") is not None else run.reload()

    def result(self, seconds: float = 300) -> Any:
        """Return the output, large values fetched; RunNotSucceeded if the run failed or was cancelled."""
        run = self.wait(seconds)
        if run.status != "succeeded":
            raise RunNotSucceeded(run)
        return run.resolve(run.output)

    def resolve(self, value: Any) -> Any:
        """Replace references to large values ({"$ref": …}) by the values."""
        if isinstance(value, Mapping):
            if set(value) == {"$ref"}:
                return self.payload(value["$ref"]["key"])
            return {name: self.resolve(inner) for name, inner in value.items()}
        return [self.resolve(inner) for inner in value] if isinstance(value, list) else value

    def payload(self, key: str) -> Any:
        """Return a large value of this run."""
        answer = self.transport.send("GET", f"/runs/{self.id}/payload", params={"key": key})
        if answer.is_redirect:
            # The link is signed: our credential must not travel along.
            answer = httpx.get(answer.headers["Location"], timeout=self.transport.timeout)
            if answer.status_code >= 400:
                raise api_error(answer.status_code, {"detail": "the large value could not be fetched"})
        return answer.json()

    def events(self, *, after: int = 0, follow: bool = False) -> Iterator[RunEvent]:
        """Return the history after that version; with `follow` also what comes, until the run has ended."""
        pause = POLL_SECONDS[0]
        while True:
            page = self.transport.json("GET", f"/runs/{self.id}/events", params={"after": after, "limit": 100})
            ended = False
            for item in page["items"]:
                event = RunEvent.from_json(item)
                after = event.version
                ended = event.type in {"RunSucceeded", "RunFailed", "RunCancelled"}
                yield event
            pause = POLL_SECONDS[0] if page["items"] else min(POLL_SECONDS[1], pause * 1.5)
            if not page.get("more") and (ended or not follow):
                return
            if not page.get("more"):
                self.transport.sleep(pause)

    def cancel(self, reason: str = "") -> "Run":
        """Ask it to stop."""
        self.transport.json("POST", f"/runs/{self.id}/cancel", body={"reason": reason} if reason else {})
        return self.reload()

    def retry(self, *, from_start: bool = False) -> "Run":
        """Go on where it failed, or start a new run of the same version and input."""
        body = {"from": "start"} if from_start else {}
        answer = self.transport.json("POST", f"/runs/{self.id}/retry", body=body)
        return Run.of(self.transport, self.transport.json("GET", f"/runs/{answer['run_id']}"))

    def resume(self) -> "Run":
        """Go on from where it failed, was cancelled or lost its execution."""
        self.transport.json("POST", f"/runs/{self.id}/resume", body={})
        return self.reload()


@dataclass(frozen=True)
class Approvals:
    """What waits for a decision."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[Approval]:
        """Everything that waits, oldest first."""
        return _pages(self._transport, "/approvals", Approval.from_json, limit=limit)

    def decide(self, approval_id: str, decision: str, comment: str = "") -> dict[str, Any]:
        """Decide `approve` or `reject`; `approval_id` is `{run id}.{node id}`."""
        body = {"decision": decision} | ({"comment": comment} if comment else {})
        value: dict[str, Any] = self._transport.json("POST", f"/approvals/{approval_id}", body=body)
        return value


@dataclass(frozen=True)
class Uploads:
    """Files that runs read by name, so that their bytes never pass through the API."""

    _transport: Transport

    def file(self, path: str | Path, media_type: str | None = None) -> Uploaded:
        """Upload a file."""
        path = Path(path)
        return self.bytes(path.read_bytes(), path.name, media_type)

    def bytes(self, data: bytes, filename: str, media_type: str | None = None) -> Uploaded:
        """Upload bytes under a name."""
        media_type = media_type or media_type_of(filename)
        body = {"filename": filename, "media_type": media_type, "bytes": len(data)}
        place = self._transport.json("POST", "/uploads", body=body)
        try:
            answer = httpx.put(place["url"], content=data, headers=place["headers"], timeout=self._transport.timeout)
        except httpx.TransportError as error:
            raise ConnectionFailed(f"the upload of {filename} broke: {error!r}") from None
        if answer.status_code >= 400:
            raise api_error(answer.status_code, {"code": "upload_failed", "detail": f"{filename} was not accepted"})
        return Uploaded(object=place["object"], media_type=media_type, bytes=len(data), raw=place)


@dataclass(frozen=True)
class ApiKeys:
    """Keys for programs."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[ApiKey]:
        """Return the tenant's keys."""
        return _pages(self._transport, "/api-keys", ApiKey.from_json, limit=limit)

    def create(
        self, name: str, *, role: str, scopes: tuple[str, ...] = ("*",), expires_in_days: int | None = None
    ) -> ApiKey:
        """Make a key; the answer is the only one that holds it."""
        body: dict[str, Any] = {"name": name, "role": role, "scopes": [*scopes]}
        body |= {"expires_in_days": expires_in_days} if expires_in_days else {}
        return ApiKey.from_json(self._transport.json("POST", "/api-keys", body=body))

    def revoke(self, key_id: str) -> None:
        """Make it useless at once."""
        self._transport.json("DELETE", f"/api-keys/{key_id}")


def _pages(transport: Transport, path: str, make: Callable[[Any], T], **params: Any) -> Iterator[T]:
    """Every item of every page, fetched as they are needed."""
    cursor: str | None = None
    while True:
        page = transport.json("GET", path, params={**params, "cursor": cursor})
        for item in page["items"]:
            yield make(item)
        cursor = page.get("cursor")
        if not cursor:
            return


def find_stage_file() -> Path:
    """Return the stage file of HEDDLE_HOME, or of this folder or one above; FileNotFoundError if there is none."""
    home = os.environ.get("HEDDLE_HOME")
    folders = [Path(home)] if home else [folder / ".heddle" for folder in (Path.cwd(), *Path.cwd().parents)]
    for folder in folders:
        if (folder / "stage.json").is_file():
            return folder / "stage.json"
    raise FileNotFoundError("there is no stage here; bring one up with: heddle up")


def looks_like_file(text: str) -> bool:
    """Whether a string names a document on disk rather than a saved workflow."""
    return text.endswith((".yaml", ".yml", ".json"))


def read_document(source: "str | Path | Mapping[str, Any]") -> dict[str, Any]:
    """Return the definition in a YAML or JSON file, or the one given. YAML needs the package pyyaml."""
    if isinstance(source, Mapping):
        return dict(source)
    text = Path(source).read_text(encoding="utf-8")
    value = json.loads(text) if str(source).endswith(".json") else read_yaml(text)
    if not isinstance(value, dict):
        raise ValueError(f"{source} holds no workflow document (an object with name and nodes)")
    return value


def read_yaml(text: str) -> Any:
    """Return what a YAML text holds. Only true and false are booleans (YAML 1.2), so `on:` stays a key named on."""
    import yaml

    class Loader(yaml.SafeLoader):
        """SafeLoader with the booleans of YAML 1.2."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    pattern = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", pattern, list("tTfF"))
    return yaml.load(text, Loader=Loader)


def id_from_name(name: str) -> str:
    """Return a workflow id made of its name: lower case, digits and hyphens."""
    text = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return "-".join(part for part in text.split("-") if part)[:60] or "workflow"


def media_type_of(filename: str) -> str:
    """Return the media type that a file's name suggests."""
    known = {
        ".md": "text/markdown",
        ".markdown": "text/markdown",
        ".yaml": "application/yaml",
        ".yml": "application/yaml",
    }
    suffix = Path(filename).suffix.lower()
    return known.get(suffix) or mimetypes.guess_type(filename)[0] or "application/octet-stream"
