"""Fire the triggers that events of the bus match.

Trigger: SQS, fed by the bus rule over events of the platform, of `emit` nodes and of tenants; the body is the event
Out:     {"batchItemFailures": [...]}
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.aws.rates import DynamoRateStore
from heddle.application.triggers.ancestry import Ancestry
from heddle.application.triggers.fire_trigger import FireTrigger
from heddle.application.triggers.match_events import MatchEvents
from heddle.runtime.clients import client
from heddle.runtime.clock import now
from heddle.runtime.queue_function import each_record
from heddle.runtime.stores import Stores, StoreSettings
from heddle.runtime.task_queue import QueueSettings, task_queue_of
from heddle.runtime.use_cases import request_run_of


@dataclass(frozen=True, kw_only=True)
class MatchSettings(StoreSettings, QueueSettings):
    """This function's environment: where runs are asked for, and where rates are counted."""

    connections_table: str


@cache
def match_events() -> MatchEvents:
    """Build the use case once per sandbox; tests put their own in its place."""
    settings = MatchSettings.load()
    stores = Stores(settings)
    fire = FireTrigger(request_run_of(stores, task_queue_of(settings)), stores.firings, now)
    ancestry = Ancestry(stores.events)
    rates = DynamoRateStore(client("dynamodb"), settings.connections_table)
    return MatchEvents(stores.triggers, fire, stores.firings, rates, ancestry.chain, ancestry.finished, now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Match each event by itself; one that fails is delivered again, alone."""
    return each_record(event, context, _event, _match)


def _event(body: dict[str, Any]) -> dict[str, Any]:
    return body


def _match(event: dict[str, Any]) -> str:
    return f"{match_events()(event)} started"
