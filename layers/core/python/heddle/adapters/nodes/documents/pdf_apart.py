"""Reading a PDF in a process of its own, with a limit of memory, that can be ended: for files nobody can vouch for.

    python -m heddle.adapters.nodes.documents.pdf_apart SECONDS MAX_CHARS MEMORY < file.pdf

Answers with JSON: {"document": …}, or {"error": {code, message, details}}. A process that dies has no answer.
"""

import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict

import orjson

from heddle.adapters.nodes.documents.document import Document, Limits, unsafe
from heddle.errors import NodeError

_KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")
MEMORY = 1024 * 1024 * 1024
"""Bytes of addresses: what a thousand honest pages take is a tenth of it (benchmarks/large_pdf.py)."""


def read_apart(data: bytes, limits: Limits) -> Document:
    """Return what is in it. Raises as `parse_pdf`; NodeError document_unsafe if it takes more memory than it may."""
    limits.check()
    left = limits.deadline - time.monotonic()
    command = [sys.executable, "-m", __name__, str(left), str(limits.max_chars), str(MEMORY)]
    # No keys and no credentials of the function's.
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=left, env=environment, check=False)
    except subprocess.TimeoutExpired:
        raise NodeError("the document took too long to read", code="document_timeout") from None
    if done.returncode != 0 or not done.stdout:
        raise unsafe(f"reading it takes more than {MEMORY >> 20} MB of memory")
    answer = orjson.loads(done.stdout)
    if error := answer.get("error"):
        code, message, details = error["code"], error["message"], error["details"]
        raise NodeError(message, code=code, **details)
    return Document(**answer["document"])


def main(seconds: float, max_chars: int, memory: int) -> None:
    """Read standard input and answer."""
    with suppress(OSError, ValueError):  # where the system knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    from heddle.adapters.nodes.documents.pdf import read_here

    try:
        document = read_here(sys.stdin.buffer.read(), Limits(time.monotonic() + seconds, max_chars))
        answer = {"document": asdict(document)}
    except NodeError as error:
        answer = {"error": {"code": error.code, "message": error.message, "details": error.details}}
    sys.stdout.buffer.write(orjson.dumps(answer))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
