"""Warm processes of Python functions: how the local stage runs a Lambda.

The emulator has workers of its own; these replace them for Python, because theirs lose the class of an exception,
end the process at every one, wait 50 ms for log lines that may never come, let layers shadow the function's code, run
on the emulator's interpreter with its packages and environment, and unpack every layer again for each process.
"""

import contextlib
import hashlib
import io
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from heddle_cli.stage.emulated.function_host import END_OF_LOG
from heddle_cli.stage.providers import seen_by_functions

HOST = Path(__file__).with_name("function_host.py")
INIT_SECONDS = 60.0
LOG_SECONDS = 2.0

PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "TMPDIR",
)  # fmt: skip
"""Of the environment of the one who typed `heddle up`, a function sees these, and what is for model providers."""

_unpacking = threading.Lock()


def unpacked(archive: bytes, root: Path) -> Path:
    """Return the folder that holds the archive's files, unpacked once however many processes use it."""
    folder = root / hashlib.sha256(archive).hexdigest()[:24]
    with _unpacking:
        if not folder.exists():
            root.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(dir=root, prefix=".partial-"))
            with zipfile.ZipFile(io.BytesIO(archive)) as files:
                files.extractall(partial)
            try:
                partial.rename(folder)
            except OSError:
                shutil.rmtree(partial, ignore_errors=True)
    return folder


class Process:
    """One running function host, with threads that read its replies and its log."""

    def __init__(self, interpreter: str, env: dict[str, str], init: dict[str, Any]) -> None:
        self.replies: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.log: queue.Queue[str | None] = queue.Queue()
        self.popen = subprocess.Popen(
            [interpreter, "-s", str(HOST)],
            cwd=init["code"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=env,
        )
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_replies, self._read_log)]
        for reader in self._readers:
            reader.start()
        self.send(init)

    def send(self, message: dict[str, Any]) -> None:
        """Write one line; a process that is gone shows as the end of its replies."""
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(json.dumps(message) + "\n")
            self.popen.stdin.flush()
        except (BrokenPipeError, OSError):
            self.replies.put(None)

    def reply(self, timeout: float) -> dict[str, Any] | None:
        """Return the next reply, or None if the process ended; queue.Empty if there is none in time."""
        return self.replies.get(timeout=max(0.001, timeout))

    def log_lines(self, request_id: str | None, timeout: float = LOG_SECONDS) -> str:
        """Return what was logged up to the end mark of the request, or (None) all that has come by now."""
        lines: list[str] = []
        until = time.monotonic() + timeout
        while True:
            try:
                line = self.log.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if line is None or (request_id is not None and line == f"{END_OF_LOG} {request_id}"):
                break
            if line and not line.startswith(END_OF_LOG):
                lines.append(line)
        return "\n".join(lines)

    def end(self) -> None:
        """Kill it: a handler may sit in a call that answers to nothing else."""
        self.popen.kill()
        self.popen.wait(5)
        for reader in self._readers:
            reader.join(1)
        if self.popen.stdin is not None:
            with contextlib.suppress(OSError):
                self.popen.stdin.close()

    def _read_replies(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as lines:
            for line in lines:
                self.replies.put(json.loads(line))
        self.replies.put(None)

    def _read_log(self) -> None:
        assert self.popen.stderr is not None
        with self.popen.stderr as lines:
            for line in lines:
                self.log.put(line.rstrip("\n"))
        self.log.put(None)


def environment(config: dict[str, Any], credentials: dict[str, str], region: str, code: Path) -> dict[str, str]:
    """Return the environment that AWS gives a function, and nothing of the emulator's."""
    variables = dict((config.get("Environment") or {}).get("Variables") or {})
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | seen_by_functions(os.environ)
    env |= {
        "TZ": ":UTC",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python')}",
        "AWS_LAMBDA_FUNCTION_NAME": config.get("FunctionName", ""),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": config.get("Handler", ""),
        **credentials,
    }
    return env | {name: str(value) for name, value in variables.items()}


def make_worker_class(runtime: Any, lambda_service: Any, *, interpreter: str, cache: Path) -> type[Any]:
    """Return the class of warm Python workers, as a subclass of the emulator's `Worker`.

    `runtime` is the emulator's module of workers, `lambda_service` the one that resolves layers. `interpreter` runs the
    functions, whatever Python they name: the local stage builds its layers for that one. `cache` takes unpacked code.
    """

    class PythonWorker(runtime.Worker):  # type: ignore[misc]
        """A process that stays after an exception, and says of which class it was."""

        process: Process | None = None
        _proc: Any
        init_ms = 0.0

        def _spawn(self) -> None:
            config = self.config
            code = unpacked(self.code_zip, cache)
            layers = [unpacked(lambda_service._resolve_layer_zip(ref), cache) for ref in config.get("Layers") or []]
            _, region = runtime._account_region_from_function_config(config)
            name = config.get("FunctionName", "")
            process = Process(
                interpreter,
                environment(config, runtime.execution_credentials(config), region, code),
                {
                    "code": str(code),
                    "layers": [str(layer) for layer in layers],
                    "handler": config.get("Handler", "handler.lambda_handler"),
                    "function_name": name,
                    "version": config.get("Version", "$LATEST"),
                    "memory": config.get("MemorySize", 128),
                    "log_group": f"/aws/lambda/{name}",
                    "log_stream": f"{time.strftime('%Y/%m/%d')}/[local]{os.urandom(8).hex()}",
                },
            )
            try:
                ready = process.reply(INIT_SECONDS)
            except queue.Empty:
                process.end()
                raise InitFailed(
                    "Sandbox.Timedout", f"the imports of {name} took longer than {INIT_SECONDS:.0f} s", ""
                ) from None
            if ready is None or ready.get("status") != "ready":
                log = process.log_lines(None, 0.2)
                process.end()
                payload = (ready or {}).get("error_payload") or {}
                error_type = f"Runtime.{payload['errorType']}" if payload else "Runtime.ExitError"
                raise InitFailed(error_type, payload.get("errorMessage", "the process ended while importing"), log)
            self.process, self._proc = process, process.popen
            self.init_ms = ready["init_ms"]

        def invoke(self, event: Any, request_id: str, **call: Any) -> dict[str, Any]:
            with self._lock:
                cold = self._proc is None or self._proc.poll() is not None
                if cold:
                    try:
                        self._spawn()
                    except InitFailed as failure:
                        return failed(failure.error_type, failure.message, request_id) | {
                            "log": failure.log,
                            "cold_start": True,
                        }
                    self._cold = False
                process, timeout = self.process, float(self.config.get("Timeout") or 3)
                assert process is not None
                arn = call.get("invoked_function_arn") or self.config.get("FunctionArn", "")
                context = {
                    "request_id": request_id,
                    "timeout": timeout,
                    "invoked_function_arn": arn,
                    "trace_id": call.get("trace_id"),
                }
                process.send({"event": event, "ctx": context})
                try:
                    reply = process.reply(timeout)
                except queue.Empty:
                    self._lose(process)
                    text = f"Task timed out after {timeout:.2f} seconds"
                    return failed("Sandbox.Timedout", text, request_id) | {
                        "log": process.log_lines(None, 0.2),
                        "cold_start": cold,
                    }
                if reply is None:
                    self._lose(process)
                    text = f"RequestId: {request_id} Error: Runtime exited with code {process.popen.returncode}"
                    return failed("Runtime.ExitError", text, request_id) | {
                        "log": process.log_lines(None, 0.2),
                        "cold_start": cold,
                    }
                log = process.log_lines(request_id)
                if reply["status"] == "ok":
                    return {"status": "ok", "result": reply["result"], "log": log, "cold_start": cold}
                payload = reply["error_payload"]
                return failed(payload["errorType"], payload["errorMessage"], request_id, payload) | {
                    "log": log,
                    "cold_start": cold,
                }

        def _lose(self, process: Process) -> None:
            self.process = None
            self._proc = None
            process.end()

    return PythonWorker


class InitFailed(Exception):
    """The module of a function could not be imported."""

    def __init__(self, error_type: str, message: str, log: str) -> None:
        super().__init__(message)
        self.error_type, self.message, self.log = error_type, message, log


def failed(error_type: str, message: str, request_id: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what `invoke` answers for a failure; `error_payload` is what the caller of the function gets to see."""
    document = payload or {"errorMessage": message, "errorType": error_type, "requestId": request_id}
    return {"status": "error", "error": message, "trace": "", "error_payload": document}


class Leases:
    """Who uses which worker. Bursts start as many processes at a time as there are cores, not as there are calls.

    A call waits for a free worker or for its turn to start one, whichever comes first: ten short calls on a laptop of
    two cores are served by a few processes, ten long ones get ten.
    """

    def __init__(self, runtime: Any, starting: int) -> None:
        self._runtime = runtime
        self._changed = threading.Condition(runtime._lock)
        self._starting: set[int] = set()
        self._limit = starting

    def acquire(
        self,
        name: str,
        config: dict[str, Any],
        code: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> tuple[Any, str]:
        """Lease a worker as the emulator's own `acquire_worker` does; never refuses."""
        key = self._runtime._worker_key(name, config, qualifier)
        with self._changed:
            while True:
                pool = self._runtime._workers.setdefault(key, [])
                free = next((worker for worker in pool if not worker.in_use), None)
                if free is None and len(self._starting) < self._limit:
                    free = self._runtime._worker_class_for(config)(name, config, code)
                    pool.append(free)
                if free is not None:
                    free.in_use, free.last_used = True, time.time()
                    if free._proc is None:
                        self._starting.add(id(free))
                        threading.Thread(target=self._await_start, args=(free,), daemon=True).start()
                        return free, "spawn"
                    return free, "reused"
                self._changed.wait(0.5)

    def release(self, worker: Any) -> None:
        """Give the worker back; None is fine."""
        if worker is None:
            return
        with self._changed:
            worker.in_use = False
            self._starting.discard(id(worker))
            self._changed.notify_all()

    def _await_start(self, worker: Any) -> None:
        until = time.monotonic() + INIT_SECONDS
        while worker.in_use and worker._proc is None and time.monotonic() < until:
            time.sleep(0.01)
        with self._changed:
            self._starting.discard(id(worker))
            self._changed.notify_all()


def default_interpreter() -> str:
    """Return the interpreter named by HEDDLE_FUNCTION_PYTHON, or the one that runs the emulator."""
    return os.environ.get("HEDDLE_FUNCTION_PYTHON", sys.executable)
