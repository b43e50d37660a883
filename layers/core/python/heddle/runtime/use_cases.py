"""The use cases of runs over the stage's stores: one function per use case, so that each Lambda wires what it needs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from heddle.adapters.aws.orchestrator import StepFunctionsOrchestrator
from heddle.adapters.aws.rates import DynamoRateStore
from heddle.adapters.aws.waker import StepFunctionsWaker
from heddle.application.ports.dispatch import TaskQueue
from heddle.application.runs.dispatch_run import DispatchRun
from heddle.application.runs.execute_inline import ExecuteInline
from heddle.application.runs.finish_child import FinishChild
from heddle.application.runs.free_slot import FreeSlot
from heddle.application.runs.register_callback import RegisterCallback
from heddle.application.runs.release_run import ReleaseRun
from heddle.application.runs.request_run import RequestRun
from heddle.application.runs.start_rate import StartRate
from heddle.application.runs.stop_waiting import StopWaiting
from heddle.application.triggers.fire_timer import FireTimer
from heddle.application.triggers.fire_trigger import FireTrigger
from heddle.application.workflows.check_input import check_input
from heddle.runtime.clients import client
from heddle.runtime.clock import chance, new_id, now
from heddle.runtime.limits import LimitSettings, tenant_limits_of
from heddle.runtime.stores import Stores, StoreSettings
from heddle.runtime.strands import strand_runner
from heddle.runtime.task_queue import QueueSettings, task_queue_of


@dataclass(frozen=True, kw_only=True)
class CallbackSettings(StoreSettings, QueueSettings):
    """The environment of the function that registers callbacks."""


@dataclass(frozen=True, kw_only=True)
class StartSettings(StoreSettings, LimitSettings):
    """Where the rates are at which runs begin."""


@dataclass(frozen=True, kw_only=True)
class DispatchSettings(StartSettings, QueueSettings):
    """The environment of the function that starts runs."""

    standard_state_machine_arn: str
    express_state_machine_arn: str
    node_functions: dict[str, str] = field(default_factory=dict)
    execution_event_budget: int = 20_000


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings(StoreSettings, QueueSettings):
    """The environment of the function that releases runs."""

    standard_state_machine_arn: str


def dispatch_run_of(settings: DispatchSettings) -> DispatchRun:
    """Wire DispatchRun."""
    stores = Stores(settings)
    queue = task_queue_of(settings)
    machines = {"standard": settings.standard_state_machine_arn, "express": settings.express_state_machine_arn}
    return DispatchRun(
        runs=stores.run_log,
        slots=stores.slots,
        free_slot=FreeSlot(stores.slots, queue),
        orchestrator=StepFunctionsOrchestrator(client("stepfunctions"), machines, settings.node_functions),
        queue=queue,
        inline=execute_inline_of(stores),
        limits=tenant_limits_of(settings),
        rates=DynamoRateStore(client("dynamodb"), settings.runs_table),
        now=now,
        chance=chance,
        event_budget=settings.execution_event_budget,
    )


def start_rate_of(settings: StartSettings) -> StartRate:
    """Wire StartRate."""
    return StartRate(tenant_limits_of(settings), DynamoRateStore(client("dynamodb"), settings.runs_table), now)


def request_run_of(
    stores: Stores, queue: TaskQueue, may_start: Callable[[str], bool] = lambda tenant: True
) -> RequestRun:
    """Wire RequestRun; who carries runs out itself gives `may_start`."""
    return RequestRun(
        catalog=stores.catalog,
        events=stores.events,
        blobs=stores.blobs,
        idempotency=stores.idempotency,
        queue=queue,
        validate_input=check_input,
        new_id=new_id,
        now=now,
        may_start=may_start,
    )


def fire_timer_of(settings: DispatchSettings) -> FireTimer:
    """Wire FireTimer."""
    stores = Stores(settings)
    request = request_run_of(stores, task_queue_of(settings))
    return FireTimer(stores.triggers, FireTrigger(request, stores.firings, now), stores.firings, now)


def execute_inline_of(stores: Stores) -> ExecuteInline:
    """Wire ExecuteInline."""
    return ExecuteInline(strand_runner(stores, in_process=True).step, time.sleep, time.monotonic)


def release_run_of(settings: ReleaseSettings) -> ReleaseRun:
    """Wire ReleaseRun."""
    stores = Stores(settings)
    machines = {"standard": settings.standard_state_machine_arn}
    return ReleaseRun(
        runs=stores.run_log,
        free_slot=FreeSlot(stores.slots, task_queue_of(settings)),
        stop_waiting=StopWaiting(stores.run_log, stores.callbacks, StepFunctionsWaker(client("stepfunctions"))),
        orchestrator=StepFunctionsOrchestrator(client("stepfunctions"), machines, {}),
        now=now,
    )


def finish_child_of(settings: StoreSettings, stores: Stores | None = None) -> FinishChild:
    """Wire FinishChild."""
    stores = stores or Stores(settings)
    return FinishChild(stores.run_log, stores.callbacks, StepFunctionsWaker(client("stepfunctions")), now)


def register_callback_of(settings: CallbackSettings) -> RegisterCallback:
    """Wire RegisterCallback."""
    stores = Stores(settings)
    queue = task_queue_of(settings)
    return RegisterCallback(
        runs=stores.run_log,
        blobs=stores.blobs,
        callbacks=stores.callbacks,
        waker=StepFunctionsWaker(client("stepfunctions")),
        request=request_run_of(stores, queue),
        finish_child=finish_child_of(settings, stores),
        free_slot=FreeSlot(stores.slots, queue),
        waiting_config=strand_runner(stores).waiting_config,
        now=now,
    )
