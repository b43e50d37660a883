"""What the emulator does otherwise than AWS, where it matters to us, and how each is put right. One function per patch.

Each function's docstring gives the reason. All are applied by `apply_all`; a patch that does not fit raises PatchBroke
with its name. The versions that they are written for are pinned in emulator.requirements.txt.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from heddle_cli.stage.emulated import scheduled
from heddle_cli.stage.emulated.python_worker import Leases, default_interpreter, make_worker_class
from heddle_cli.stage.emulated.rewriting import expect, rewrite

VERSION = "1.5.33"


def python_functions(cache: Path) -> None:
    """Run Python functions in our own workers: see `python_worker` for what is wrong with the emulator's."""
    runtime, service = _modules("core.lambda_runtime", "services.lambda_svc")
    original = runtime._worker_class_for
    expect(
        "python_functions", hasattr(runtime.Worker, "_spawn") and hasattr(runtime.Worker, "invoke"), "Worker changed"
    )
    worker = make_worker_class(runtime, service, interpreter=default_interpreter(), cache=cache)

    def worker_class_for(config: dict[str, Any]) -> Any:
        return worker if str(config.get("Runtime", "")).startswith("python") else original(config)

    runtime._worker_class_for = worker_class_for


def error_types() -> None:
    """Give callers the class name of an exception: Retry and Catch of a state machine match on nothing else."""
    (service,) = _modules("services.lambda_svc")
    rewrite(
        service,
        "_execute_function_warm",
        {
            '"body": {\n                    "errorMessage": error_msg,': (
                '"body": result.get("error_payload") or {\n                    "errorMessage": error_msg,'
            )
        },
        patch="error_types",
    )


def leases() -> None:
    """Lease workers with a limit on simultaneous starts, also for WebSocket routes: they had one locked worker each."""
    runtime, service = _modules("core.lambda_runtime", "services.lambda_svc")
    for module in (runtime, service):
        expect("leases", callable(getattr(module, "acquire_worker", None)), f"{module.__name__}.acquire_worker is gone")
    pool = Leases(runtime, starting=max(2, os.cpu_count() or 2))
    for module in (runtime, service):
        module.acquire_worker, module.release_worker = pool.acquire, pool.release

    class Lease:
        """Stands for a worker; each call leases one for as long as it lasts."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._args, self._kwargs = args, kwargs

        def invoke(self, *args: Any, **kwargs: Any) -> Any:
            worker, _ = pool.acquire(*self._args, **self._kwargs)
            try:
                return worker.invoke(*args, **kwargs)
            finally:
                pool.release(worker)

    expect("leases", callable(getattr(runtime, "get_or_create_worker", None)), "get_or_create_worker is gone")
    runtime.get_or_create_worker = Lease


def no_start_delay() -> None:
    """Start executions at once: the emulator sleeps 150 ms before the first state."""
    (states,) = _modules("services.stepfunctions")
    rewrite(states, "_run_execution", {"    time.sleep(0.15)\n": ""}, patch="no_start_delay")


def jsonata_timeouts() -> None:
    """Evaluate TimeoutSeconds when it is a JSONata expression, for tasks and for callbacks, as on AWS."""
    (states,) = _modules("services.stepfunctions")
    for function in ("_invoke_resource_with_timeout", "_execute_task", "_apply_jsonata_output"):
        expect("jsonata_timeouts", hasattr(states, function), f"{function} is gone")
    rewrite(
        states,
        "_execute_task",
        {
            'resource, effective, state_def["TimeoutSeconds"])': (
                'resource, effective, _heddle_seconds(state_def["TimeoutSeconds"], raw_input, ctx))'
            ),
            'resource, effective, ctx["Task"]["Token"], state_def)': (
                'resource, effective, ctx["Task"]["Token"],\n'
                '                    {**state_def, "TimeoutSeconds": _heddle_seconds('
                'state_def.get("TimeoutSeconds", 99999), raw_input, ctx)})'
            ),
        },
        patch="jsonata_timeouts",
    )

    def seconds(value: Any, raw_input: Any, ctx: Any) -> float:
        if isinstance(value, str):
            value = states._apply_jsonata_output({"Output": value}, raw_input, ctx, default=None)
        return float(value)

    states._heddle_seconds = seconds


def refresh_rotation() -> None:
    """Rotate refresh tokens: GetTokensFromRefreshToken gives a new one and the old one no longer holds, as on AWS."""
    (cognito,) = _modules("services.cognito")
    expect("refresh_rotation", isinstance(getattr(cognito, "_revoked_tokens", None), set), "_revoked_tokens is gone")
    rewrite(
        cognito,
        "_refresh_auth_result",
        {
            "def _refresh_auth_result(pool, pid, cid, refresh_token):": (
                "def _refresh_auth_result(pool, pid, cid, refresh_token, rotate=False):"
            ),
            '    result.pop("RefreshToken", None)': (
                "    if rotate:\n        _revoked_tokens.add(refresh_token)\n    else:\n"
                '        result.pop("RefreshToken", None)'
            ),
        },
        patch="refresh_rotation",
    )
    rewrite(
        cognito,
        "_get_tokens_from_refresh_token",
        {
            "_refresh_auth_result(pool, pid, cid, refresh_token)": (
                "_refresh_auth_result(pool, pid, cid, refresh_token, rotate=True)"
            )
        },
        patch="refresh_rotation",
    )


def weak_passwords() -> None:
    """Hold the password that replaces a temporary one to the pool's policy, as on AWS: any would do."""
    (cognito,) = _modules("services.cognito")
    expect("weak_passwords", callable(getattr(cognito, "_validate_password", None)), "_validate_password is gone")
    rewrite(
        cognito,
        "_respond_to_auth_challenge",
        {
            '        if new_password:\n            user["_password"] = new_password\n': (
                '        weak = _validate_password(pool, new_password or "")\n'
                "        if weak:\n            return weak\n"
                '        user["_password"] = new_password\n'
            )
        },
        patch="weak_passwords",
    )


def queue_urls() -> None:
    """Name queues without our port: they are stored by URL, and a stage whose port changed must find them again.

    AWS clients send a queue's URL as a name to the endpoint that they have; nobody connects to this address.
    """
    (sqs,) = _modules("services.sqs")
    expect("queue_urls", os.environ.get("GATEWAY_PORT") == sqs.DEFAULT_PORT, "sqs.DEFAULT_PORT is not the port")
    netloc = f"{sqs.DEFAULT_HOST}:{sqs.DEFAULT_PORT}"
    expect("queue_urls", netloc == sqs._CANONICAL_NETLOC, "_CANONICAL_NETLOC changed")
    sqs.DEFAULT_HOST, sqs.DEFAULT_PORT = "127.0.0.1", "4566"
    sqs._CANONICAL_NETLOC = "127.0.0.1:4566"


def stream_positions() -> None:
    """Read a table's stream from its start after a restart: positions are kept, the records that they count are not.

    A consumer would otherwise stand still until as many records had come as before the restart.
    """
    (service,) = _modules("services.lambda_svc")
    restored = '_restore_esm_positions(_dynamodb_stream_positions, data.get("dynamodb_stream_positions", {}))'
    reset = "for key in _dynamodb_stream_positions._data: _dynamodb_stream_positions._data[key] = 0"
    rewrite(service, "_restore_state", {restored: f"{restored}\n        {reset}"}, patch="stream_positions")


def scheduled_times() -> None:
    """Let schedules say when they were due, and be due in their own time zone.

    The emulator sends `<aws.scheduler.scheduled-time>` as it is, and takes every time for UTC.
    """
    (service,) = _modules("services.scheduler")
    service._heddle_scheduled = scheduled
    rewrite(
        service,
        "_tick_schedules",
        {
            "at_epoch = _at_time_epoch(expr)": "at_epoch = _heddle_scheduled.local(_at_time_epoch(expr), sched)",
            "one_shot = True": "one_shot, due = True, at_epoch",
            "if now - _schedule_last_fired[state_key] < interval:": (
                "due = _schedule_last_fired[state_key] + interval\n                    if now < due:"
            ),
            "next_fire = _eb._cron_next_fire(fields, last_dt)": (
                "next_fire = _heddle_scheduled.following(_eb._cron_next_fire, fields, last_dt, sched)\n"
                "                    due = next_fire.timestamp() if next_fire else now"
            ),
            "_eb._invoke_target(target, event, sched)": (
                "_eb._invoke_target(_heddle_scheduled.told(target, due), event, sched)"
            ),
        },
        patch="scheduled_times",
    )


def apply_all(cache: Path) -> None:
    """Apply every patch, or raise PatchBroke."""
    from importlib.metadata import version

    installed = version("ministack")
    expect("version", installed == VERSION, f"it is {installed}, the patches are for {VERSION}")
    python_functions(cache)
    error_types()
    leases()
    no_start_delay()
    jsonata_timeouts()
    refresh_rotation()
    weak_passwords()
    queue_urls()
    stream_positions()
    scheduled_times()


def _modules(*names: str) -> tuple[Any, ...]:
    for name in names:
        importlib.import_module(f"ministack.{name}")
    return tuple(sys.modules[f"ministack.{name}"] for name in names)
