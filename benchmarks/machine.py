"""One line that says on what and when a figure was measured."""

import datetime
import os
import platform
from pathlib import Path


def describe() -> str:
    """Return date, processor, cores and Python, for the head of every printed table."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return f"{today} · {model} · {os.cpu_count()} cores · Python {platform.python_version()}"
