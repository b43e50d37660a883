"""Run: started when a run of another workflow ends in one of some ways."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.triggers.config import Config, invalid

EVENTS = {"succeeded": "RunSucceeded", "failed": "RunFailed", "cancelled": "RunCancelled"}


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return {workflow_id, statuses}."""
    given = Config(config)
    workflow_id = given.needed("workflow_id", "nightly-report")
    statuses = given.words("statuses") or ["succeeded"]
    given.done()
    if unknown := [status for status in statuses if status not in EVENTS]:
        raise invalid("statuses", f"knows {', '.join(EVENTS)}, not {unknown[0]!r}")
    return {"workflow_id": workflow_id, "statuses": list(dict.fromkeys(statuses))}
