"""Budgets, their alerts, and the kill switches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heddle_sdk.errors import NotFound
from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport


@dataclass(frozen=True, kw_only=True)
class Budget(Answer):
    """A budget. Amounts are decimal text in USD; `status` says how it stands, or is None (see `Budgets.get`)."""

    id: str
    scope: str
    subject: str
    period: str
    limit_usd: str
    action: str = "block"
    downgrade_to: str | None = None
    warn_at: tuple[int, ...] = ()
    shards: int = 1
    name: str = ""
    version: int = 1
    status: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class BudgetAlert(Answer):
    """A percentage that a budget has passed in a window."""

    budget_id: str
    subject: str
    window: str
    percent: int
    kind: str
    at: str
    spent_usd: str
    limit_usd: str


@dataclass(frozen=True, kw_only=True)
class AiStatus(Answer):
    """Whether AI is stopped: for the tenant, and for which workflows."""

    stopped: bool = False
    stop: Mapping[str, Any] | None = None
    workflows: tuple[Mapping[str, Any], ...] = field(default=())


@dataclass(frozen=True)
class Budgets:
    """What may be spent by whom, in which time."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[Budget]:
        """All budgets, by id, each with how it stands."""
        return pages(self._transport, "/budgets", Budget.from_json, limit=limit)

    def get(self, budget_id: str, *, subject: str | None = None, window: str | None = None) -> Budget:
        """One budget; `subject` picks one of a budget that each has for itself, `window` another time than now."""
        params = {"subject": subject, "window": window}
        return Budget.from_json(self._transport.json("GET", f"/budgets/{budget_id}", params=params))

    def create(
        self,
        *,
        scope: str,
        period: str,
        limit_usd: str,
        subject: str | None = None,
        id: str | None = None,
        action: str = "block",
        downgrade_to: str | None = None,
        warn_at: Sequence[int] | None = None,
        shards: int = 1,
        name: str = "",
    ) -> Budget:
        """Make a budget; it counts from now on."""
        body = _given(id=id, subject=subject, downgrade_to=downgrade_to, warn_at=warn_at and [*warn_at])
        body |= {
            "scope": scope,
            "period": period,
            "limit_usd": limit_usd,
            "action": action,
            "shards": shards,
            "name": name,
        }
        return Budget.from_json(self._transport.json("POST", "/budgets", body=body))

    def change(
        self,
        budget_id: str,
        *,
        limit_usd: str | None = None,
        action: str | None = None,
        downgrade_to: str | None = None,
        warn_at: Sequence[int] | None = None,
        name: str | None = None,
    ) -> Budget:
        """Change what is given and keep the rest; Conflict if somebody else changed it at the same time."""
        changes = _given(
            limit_usd=limit_usd, action=action, downgrade_to=downgrade_to, warn_at=warn_at and [*warn_at], name=name
        )
        return self._change(budget_id, changes)

    def _change(self, budget_id: str, changes: dict[str, Any]) -> Budget:
        now = self.get(budget_id)
        kept = {"limit_usd": now.limit_usd, "action": now.action, "warn_at": [*now.warn_at], "name": now.name}
        body = {**kept, **changes, "expected_version": now.version}
        if body["action"] == "downgrade":
            body.setdefault("downgrade_to", now.downgrade_to)
        return Budget.from_json(self._transport.json("PUT", f"/budgets/{budget_id}", body=body))

    def set(self, budget_id: str, **values: Any) -> Budget:
        """Change the budget, or make it if there is none of this id: then scope and period are needed too.

        Scope, subject, period and shards of a budget that there is cannot change: InvalidRequest if they are others.
        """
        try:
            return self._change(budget_id, values)
        except NotFound:
            return self.create(id=budget_id, **values)

    def delete(self, budget_id: str) -> None:
        """Delete it; calls under way end in it."""
        self._transport.json("DELETE", f"/budgets/{budget_id}")

    def alerts(self, budget_id: str, *, limit: int = 50) -> Iterator[BudgetAlert]:
        """Return what it has announced, newest first."""
        return pages(self._transport, f"/budgets/{budget_id}/alerts", BudgetAlert.from_json, limit=limit)


@dataclass(frozen=True)
class Ai:
    """The kill switches: of the tenant, and of each workflow."""

    _transport: Transport

    def stop(self, workflow_id: str | None = None, *, reason: str = "") -> AiStatus:
        """Begin no more calls to models; those under way are still paid."""
        return self._switch("stop", workflow_id, reason)

    def resume(self, workflow_id: str | None = None, *, reason: str = "") -> AiStatus:
        """Let calls begin again."""
        return self._switch("resume", workflow_id, reason)

    def status(self) -> AiStatus:
        """Return what is stopped."""
        return AiStatus.from_json(self._transport.json("GET", "/ai/status"))

    def _switch(self, verb: str, workflow_id: str | None, reason: str) -> AiStatus:
        body = _given(workflow_id=workflow_id, reason=reason or None)
        return AiStatus.from_json(self._transport.json("POST", f"/ai/{verb}", body=body))


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
