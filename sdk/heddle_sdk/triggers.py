"""Triggers, what they did, and events of one's own."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport


@dataclass(frozen=True, kw_only=True)
class Trigger(Answer):
    """What starts runs of a workflow. `secret` is there when it was just made, and never again."""

    id: str
    name: str
    kind: str
    workflow_id: str
    enabled: bool = True
    config: Mapping[str, Any]
    hook_path: str | None = None
    next_firings: tuple[str, ...] = ()
    priority: str = "normal"
    revision: int = 1
    secret: str | None = None


@dataclass(frozen=True, kw_only=True)
class Firing(Answer):
    """What became of one firing: started, refused or stopped; `reason` says why."""

    id: str
    at: str
    outcome: str
    run_id: str | None = None
    code: str | None = None
    reason: str = ""
    source: str = ""


@dataclass(frozen=True)
class Triggers:
    """Triggers of this tenant."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[Trigger]:
        """All triggers, newest first."""
        return pages(self._transport, "/triggers", Trigger.from_json, limit=limit)

    def get(self, trigger_id: str) -> Trigger:
        """One trigger."""
        return Trigger.from_json(self._transport.json("GET", f"/triggers/{trigger_id}"))

    def create(self, document: Mapping[str, Any]) -> Trigger:
        """Make a trigger of {name, kind, workflow_id, config, input, …}; of a webhook with its secret."""
        return Trigger.from_json(self._transport.json("POST", "/triggers", body=dict(document)))

    def change(self, trigger_id: str, changes: Mapping[str, Any]) -> Trigger:
        """Change some fields; the others stay."""
        return Trigger.from_json(self._transport.json("PATCH", f"/triggers/{trigger_id}", body=dict(changes)))

    def delete(self, trigger_id: str) -> None:
        """Delete it."""
        self._transport.send("DELETE", f"/triggers/{trigger_id}")

    def enable(self, trigger_id: str, enabled: bool = True) -> Trigger:
        """Enable it, or disable it."""
        verb = "enable" if enabled else "disable"
        return Trigger.from_json(self._transport.json("POST", f"/triggers/{trigger_id}/{verb}"))

    def fire(
        self, trigger_id: str, payload: Any = None, *, preset: str | None = None, idempotency_key: str | None = None
    ) -> str:
        """Fire it now; returns the run's id. Firings with the same key are one run, for ever."""
        headers = {"Idempotency-Key": idempotency_key or f"sdk-{secrets.token_hex(16)}"}
        body = {"payload": {} if payload is None else payload, "preset": preset}
        answer = self._transport.json("POST", f"/triggers/{trigger_id}/fire", body=body, headers=headers)
        return str(answer["run_id"])

    def test(self, trigger_id: str, payload: Any = None, *, preset: str | None = None) -> dict[str, Any]:
        """Return what a firing would give its run: {input, valid, matches, next_firings, errors}."""
        body = {"payload": {} if payload is None else payload, "preset": preset}
        found: dict[str, Any] = self._transport.json("POST", f"/triggers/{trigger_id}/test", body=body)
        return found

    def history(self, trigger_id: str, *, limit: int = 50) -> Iterator[Firing]:
        """Return what it did in the last thirty days, newest first."""
        return pages(self._transport, f"/triggers/{trigger_id}/history", Firing.from_json, limit=limit)

    def rotate_secret(self, trigger_id: str, *, overlap_hours: int = 24) -> str:
        """Return a new secret of a webhook; the one before works on for so long."""
        body = {"overlap_hours": overlap_hours}
        return str(self._transport.json("POST", f"/triggers/{trigger_id}/rotate-secret", body=body)["secret"])

    def put_events(self, events: Sequence[Mapping[str, Any]]) -> Sequence[str | None]:
        """Put up to ten events {type, source, data}; returns the id of each, None for one that was refused."""
        answer = self._transport.json("POST", "/events", body={"events": [dict(event) for event in events]})
        return tuple(answer["ids"])
