"""What starts runs: one module per kind, each with a `check` that returns its config with defaults."""

from collections.abc import Callable, Mapping
from typing import Any

from heddle.domain.triggers.kinds import event, manual, run, timer, webhook

CHECKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "manual": manual.check,
    "webhook": webhook.check,
    "timer": timer.check,
    "event": event.check,
    "run": run.check,
}
