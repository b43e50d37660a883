"""What a webhook that waits is answered with, when its run has ended."""

from typing import Any

from heddle.application.runs.read_run import ReadRun
from heddle.runtime.stores import Stores


def answer_of_run(stores: Stores, tenant: str, run_id: str) -> tuple[int, dict[str, Any]]:
    """Return status and body: 200 with the output of a run that succeeded, 422 with the error of one that did not."""
    view = ReadRun(stores.events, stores.plans)(tenant, run_id)
    if view.summary.status == "succeeded":
        return 200, {"status": view.summary.status, "output": view.output}
    return 422, {"status": view.summary.status, "error": view.summary.error}
