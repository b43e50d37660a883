"""Runs: started, watched, steered, and what they gave."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from heddle_sdk.errors import NotFound, RunNotSucceeded, WaitTimedOut, api_error
from heddle_sdk.models import (
    Frame,
    NodeRun,
    RunData,
    RunEvent,
)
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport

POLL_SECONDS = (0.05, 1.0)
"""The pause between two looks at a run: it starts with the first and grows to the second."""
STREAM_WAIT = 20
"""How many seconds one request for live output is held by the service: below every gateway's limit."""
GATHER_SECONDS = 0.1
"""How long frames may gather between two requests: text that is shown ten times a second looks live."""


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
        return pages(self._transport, "/runs", make, workflow_id=workflow_id, status=status, limit=limit)


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

    def conversation(self, node_id: str, *, item: int | None = None, after: int = 0) -> Iterator[RunEvent]:
        """Return what a node asked of models and tools, call by call; `item` is the item's index within a for_each.

        Raises NotFound if it has asked nothing.
        """
        path, which = f"/runs/{self.id}/conversations/{node_id}", {} if item is None else {"item": item}
        while True:
            page = self.transport.json("GET", path, params={"after": after, "limit": 100, **which})
            for each in page["items"]:
                event = RunEvent.from_json(each)
                after = event.version
                yield event
            if not page.get("more"):
                return

    def is_live(self) -> bool:
        """Tell whether the run was started to be watched: then what it does is in its topic."""
        try:
            page = self.transport.json("GET", f"/runs/{self.id}/stream", params={"after": 0, "wait": 0, "limit": 1})
        except NotFound:  # an older service knows no live output
            return False
        return page.get("hint") is None

    def stream(self, *, after: int = 0) -> Iterator[Frame]:
        """Return the live output behind that frame as it comes, until the run has ended.

        Of a run that was not started with `live=True` nothing comes. A connection that breaks is made again, and
        nothing is missed or comes twice; ConnectionFailed if it cannot be.
        """
        while True:
            params = {"after": after, "wait": STREAM_WAIT, "limit": 200}
            page = self.transport.json("GET", f"/runs/{self.id}/stream", params=params)
            for item in page["items"]:
                frame = Frame.from_json(item)
                after = frame.seq
                yield frame
            if page["ended"]:
                return
            if 0 < len(page["items"]) < params["limit"]:
                self.transport.sleep(GATHER_SECONDS)

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
