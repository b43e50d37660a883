"""Make the rows of runs anew from the event store: after a change of the projection, or when rows were lost.

Trigger   an operator (aws lambda invoke, `heddle rebuild`), nobody else
Input     {"tenant": …, "run": …}               one run
          {"tenant": …, "skip": 0}              all runs of the tenant, as many as there is time for
Output    {"rebuilt": count, "next": null}      with a number in `next`: call again with it as `skip`
"""

from functools import cache
from typing import Any

from heddle.adapters.aws.runs import DynamoRunStore
from heddle.application.projections.rebuild_runs import RebuildRuns, Rebuilt
from heddle.runtime.clients import client
from heddle.runtime.logging import bind
from heddle.runtime.stores import Stores, StoreSettings

RESERVE_MS = 60_000
"""What is left of the function's time when the last run is begun."""


@cache
def use_case() -> RebuildRuns:
    """Build the use case once per sandbox."""
    settings = StoreSettings.load()
    stores = Stores(settings)
    return RebuildRuns(DynamoRunStore(client("dynamodb"), settings.runs_table), stores.events, stores.catalog)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int | None]:
    """Do what the operator asks; idempotent, so it can be asked again."""
    log, tenant, run = bind(None, context), event["tenant"], event.get("run")
    if run:
        done = Rebuilt(int(use_case().run(tenant, run)))
    else:
        done = use_case().tenant(
            tenant,
            skip=int(event.get("skip") or 0),
            in_time=lambda: context.get_remaining_time_in_millis() > RESERVE_MS,
        )
    log.info("rebuilt", extra={"tenant": tenant, "run_id": run, "runs": done.runs, "next": done.next})
    return {"rebuilt": done.runs, "next": done.next}
