"""Runs in the process of one Python function: imports the handler, then answers events, one at a time.

Started with the interpreter of the functions, which has boto3 and nothing else, as on AWS. Standard library only.
Requests come as JSON lines on standard input. Replies go as JSON lines to the descriptor that was standard output;
whatever the function prints goes to standard error, where a line of its own marks the end of each invocation's log.
"""

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any

END_OF_LOG = "\x00end-of-invocation"


class Context:
    """What a handler gets as its second argument, with the fields and the method of AWS."""

    identity = None
    client_context = None

    def __init__(self, init: dict[str, Any], call: dict[str, Any]) -> None:
        self.function_name = init["function_name"]
        self.function_version = init["version"]
        self.memory_limit_in_mb = init["memory"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.aws_request_id = call["request_id"]
        self.log_group_name = init["log_group"]
        self.log_stream_name = init["log_stream"]
        self._deadline = time.monotonic() + float(call["timeout"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def error_payload(error: BaseException, request_id: str = "") -> dict[str, Any]:
    """Return the error document that AWS gives a caller: message, class name and stack."""
    frames = [line for line in traceback.format_tb(error.__traceback__) if __file__ not in line]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": frames,
    }


def search_path(init: dict[str, Any]) -> None:
    """Return function code first, then the layers from the first to the last: what AWS does with /var/task and /opt."""
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]  # noqa: PTH100, PTH120
    sys.path[0:0] = [init["code"], *(os.path.join(layer, "python") for layer in init["layers"])]  # noqa: PTH118


def main() -> None:
    """Import the handler, say so, and answer until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    init = json.loads(sys.stdin.readline())
    search_path(init)
    os.chdir(init["code"])
    started = time.monotonic()
    try:
        module, _, name = init["handler"].rpartition(".")
        handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    except BaseException as error:
        traceback.print_exc()
        replies.write(json.dumps({"status": "error", "error_payload": error_payload(error)}) + "\n")
        return
    init_ms = (time.monotonic() - started) * 1000
    replies.write(json.dumps({"status": "ready", "init_ms": init_ms}) + "\n")

    for line in sys.stdin:
        message = json.loads(line)
        call = message["ctx"]
        if call.get("trace_id"):
            os.environ["_X_AMZN_TRACE_ID"] = call["trace_id"]
        try:
            result = handler(message["event"], Context(init, call))
            reply = json.dumps({"status": "ok", "result": result})
        except Exception as error:
            traceback.print_exc()
            reply = json.dumps({"status": "error", "error_payload": error_payload(error, call["request_id"])})
        sys.stdout.flush()
        sys.stderr.write(f"\n{END_OF_LOG} {call['request_id']}\n")
        sys.stderr.flush()
        replies.write(reply + "\n")


if __name__ == "__main__":
    main()
