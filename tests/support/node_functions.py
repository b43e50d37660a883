"""What tests run in place of a node's own function."""

from collections.abc import Callable
from typing import Any

from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError


def echo(task: NodeTask) -> NodeResult:
    """Give the node's config, or its id where it has none."""
    return NodeResult(dict(task.config) or {"id": task.node_id})


def failing(code: str, times: int = 10**9, **details: Any) -> Callable[[NodeTask], NodeResult]:
    """Return what fails so many times, worth a retry, and then works."""
    left = [times]

    def run(task: NodeTask) -> NodeResult:
        if left[0]:
            left[0] -= 1
            raise NodeError("it does not work", code=code, retryable=True, **details)
        return NodeResult("ok")

    return run
