"""The kernel of a function: a StrandRunner over the stage's stores, with the node types that the function hosts."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from heddle.application.execution.settings import IN_PROCESS, ExecutionSettings
from heddle.application.execution.strand import StrandRunner
from heddle.domain.nodes.cheap import ENGINE_RUNNERS
from heddle.domain.nodes.spec import NodeRunner
from heddle.runtime.clock import chance, now, owner_id
from heddle.runtime.stores import Stores, StoreSettings


@dataclass(frozen=True, kw_only=True)
class StrandSettings(StoreSettings):
    """The environment of every function that carries strands on. `hosted` are the node functions it stands for."""

    hosted: tuple[str, ...] = ()
    execution_event_budget: int = 20_000


def strand_runner(
    stores: Stores,
    *,
    runners: Mapping[str, NodeRunner] | None = None,
    hosted: tuple[str, ...] = (),
    event_budget: int = 20_000,
    in_process: bool = False,
) -> StrandRunner:
    """Return the kernel of a function.

    `runners` do the node types that the function hosts, under the keys `hosted`; none for `advance`. With
    `in_process` nothing bounds forks and history: that is for runs which no state machine carries.
    """
    settings = IN_PROCESS if in_process else ExecutionSettings(event_budget=event_budget)
    settings = replace(settings, memory_mb=memory_mb(), architecture=architecture())
    return StrandRunner(
        store=stores.events,
        blobs=stores.blobs,
        plans=stores.plans,
        engine_runners=ENGINE_RUNNERS,
        runners=dict(runners or {}),
        hosted=frozenset(hosted),
        cache=stores.cache,
        claims=stores.claims,
        secrets=stores.secrets,
        now=now,
        monotonic=time.monotonic,
        sleep=time.sleep,
        chance=chance,
        new_id=owner_id,
        settings=settings,
    )


def strand_runner_of(
    settings: StrandSettings, runners: Mapping[str, NodeRunner] | None = None, stores: Stores | None = None
) -> StrandRunner:
    """Return the kernel of a function that the state machine calls."""
    stores = stores or Stores(settings)
    return strand_runner(stores, runners=runners, hosted=settings.hosted, event_budget=settings.execution_event_budget)


def memory_mb() -> int:
    """Return how much memory this function has, 0 outside Lambda: nobody pays for that by the second."""
    return int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"))


def architecture() -> str:
    """Return the architecture of this function as Lambda calls it: its price depends on it."""
    return "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
