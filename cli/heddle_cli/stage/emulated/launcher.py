"""Starts the AWS emulator with our patches, as a child of the stage's supervisor.

    python -m heddle_cli.stage.emulated.launcher        (with the emulator's own interpreter)

Configured by the environment: GATEWAY_PORT, STATE_DIR, S3_DATA_DIR, HEDDLE_FUNCTION_PYTHON, HEDDLE_CODE_CACHE. Standard
input is a pipe whose other end is the supervisor's: when it closes, because the supervisor ended in whatever way, the
emulator saves its state and ends too.

Beside the services of AWS it answers:

    GET  /_heddle/health             200 when ready
    POST /_heddle/warm {"names": […]}  start a process of each function now, side by side; answers milliseconds by name
    POST /_heddle/checkpoint {"services": […]}   write the state of these, or of all, to disk now, as a stop does
"""

import asyncio
import fcntl
import importlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from heddle_cli.stage.emulated.patches import apply_all
from heddle_cli.stage.emulated.rewriting import PatchBroke

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_saving = threading.Lock()
_held: list[Any] = []


def end_with_parent() -> None:
    """End this process, as if asked to, when standard input closes."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def hold_lock() -> None:
    """Keep the lock that says an emulator works on this state; it ends with this process, however that ends."""
    path = os.environ.get("HEDDLE_LOCK")
    if path:
        file = open(path, "a+")  # noqa: PTH123, SIM115 (open for as long as the process lives)
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _held.append(file)


def warm(names: list[str]) -> dict[str, Any]:
    """Start one process for each named function that has none; returns milliseconds, or the reason it failed."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    service: Any = importlib.import_module("ministack.services.lambda_svc")

    def start(name: str) -> tuple[str, Any]:
        record, config = service._get_func_record_for_qualifier(name, None)
        if record is None:
            return name, "no such function"
        started = time.perf_counter()
        worker, how = runtime.acquire_worker(
            name, config, record["code_zip"], qualifier=config.get("Version", "$LATEST")
        )
        try:
            if how == "spawn":
                runtime.ensure_spawned(worker)
        except Exception as error:
            return name, f"{getattr(error, 'error_type', type(error).__name__)}: {error}"
        finally:
            runtime.release_worker(worker)
        return name, round((time.perf_counter() - started) * 1000)

    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        return dict(pool.map(start, names))


def checkpoint(services: list[str] | None) -> dict[str, Any]:
    """Write the state of the named services to disk, or of all."""
    app: Any = importlib.import_module("ministack.app")
    started = time.perf_counter()
    with _saving:
        states = app._build_persistence_save_dict()
        app.save_all({name: state for name, state in states.items() if services is None or name in services})
    return {"ms": round((time.perf_counter() - started) * 1000)}


def with_control(app: Callable[..., Awaitable[None]]) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """Wrap the emulator's ASGI application with the routes of this module."""

    async def controlled(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""
        if not path.startswith("/_heddle/"):
            await app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, answer = 200, dict[str, Any]()
        if path == "/_heddle/warm":
            answer = await asyncio.to_thread(warm, json.loads(body)["names"])
        elif path == "/_heddle/checkpoint":
            answer = await asyncio.to_thread(checkpoint, json.loads(body or b"{}").get("services"))
        elif path != "/_heddle/health":
            status = 404
        data = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})

    return controlled


def main() -> None:
    """Patch, wrap, serve."""
    end_with_parent()
    hold_lock()
    try:
        apply_all(Path(os.environ["HEDDLE_CODE_CACHE"]))
    except PatchBroke as broke:
        sys.exit(f"heddle: {broke}")
    app: Any = importlib.import_module("ministack.app")
    app.app = with_control(app.app)
    sys.argv = sys.argv[:1]
    app.main()


if __name__ == "__main__":
    main()
