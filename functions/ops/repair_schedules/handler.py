"""Make schedules of timers right that are not as their triggers say.

Trigger   a timer, once a day; an operator (aws lambda invoke, `heddle repair-schedules`)
Input     {}                    every schedule of the stage, and all timers of the tenants who have any
          {"tenant": …}         the timers of one tenant
          plus "dry_run": true  only say what is wrong
Output    {"missing", "surplus", "different": counts, "drifted": the first hundred, "done": false if time was short}
"""

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from heddle.adapters.aws.schedules import SchedulerSchedules
from heddle.application.triggers.repair_schedules import RepairSchedules
from heddle.runtime.clients import client
from heddle.runtime.clock import now
from heddle.runtime.logging import bind
from heddle.runtime.stores import Stores, StoreSettings

RESERVE_MS = 30_000
SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class RepairSettings(StoreSettings):
    """This function's environment: triggers, and what schedules are made of."""

    schedule_group: str
    schedule_role_arn: str
    timer_queue_arn: str
    timer_dead_letters_arn: str


@cache
def use_case() -> RepairSchedules:
    """Build the use case once per sandbox; tests put their own in its place."""
    settings = RepairSettings.load()
    schedules = SchedulerSchedules(
        client("scheduler"),
        settings.schedule_group,
        settings.timer_queue_arn,
        settings.timer_dead_letters_arn,
        settings.schedule_role_arn,
    )
    return RepairSchedules(Stores(settings).triggers, schedules, now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Look at as many as there is time for; idempotent, so it can be asked again."""
    tenant, dry_run = event.get("tenant"), bool(event.get("dry_run"))
    found = use_case().of_tenant(tenant, dry_run=dry_run) if tenant else use_case().of_stage(dry_run=dry_run)
    counts: Counter[str] = Counter(missing=0, surplus=0, different=0)
    shown: list[dict[str, Any]] = []
    done = True
    for drifted in found:
        counts[drifted.drift] += 1
        if len(shown) < SHOWN:
            shown.append(asdict(drifted))
        if context.get_remaining_time_in_millis() <= RESERVE_MS:
            done = False
            break
    if shown:
        bind(None, context).warning("schedules had drifted", extra={**counts, "dry_run": dry_run})
    return {**counts, "drifted": shown, "done": done}
