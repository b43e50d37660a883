"""Watching a run from its history."""

from typing import Any

from heddle_cli.progress import Progress
from heddle_sdk.models import RunEvent


def fold(*events: tuple[str, dict[str, Any]]) -> Progress:
    progress = Progress.of({"nodes": [{"id": "a", "type": "http"}, {"id": "b", "type": "router"}]})
    progress.take(
        RunEvent(id=str(n), version=n, type=t, data=d, occurred_at="2026-01-01T00:00:00Z")
        for n, (t, d) in enumerate(events, 1)
    )
    return progress


def test_nodes_are_pending_in_the_order_of_the_document_until_something_happens() -> None:
    progress = fold(("RunRequested", {}), ("RunStarted", {"mode": "express", "reason": "short"}))

    assert [(n.id, n.type, n.status) for n in progress.nodes.values()] == [
        ("a", "http", "pending"),
        ("b", "router", "pending"),
    ]
    assert (progress.status, progress.mode) == ("running", "express")


def test_a_retry_shows_why_and_when() -> None:
    failed = {"node_id": "a", "attempt": 1, "code": "http_status", "message": "500", "retry_in": 0.5}
    progress = fold(
        ("NodeScheduled", {"node_id": "a", "attempt": 1, "at": "2026-01-01T00:00:00Z"}), ("NodeFailed", failed)
    )

    assert progress.nodes["a"].status == "running"
    assert progress.nodes["a"].note == "http_status: 500 (again in 0.5 s)"


def test_a_handled_failure_is_not_a_failure() -> None:
    data = {"node_id": "a", "code": "x", "message": "y", "handled": "continue"}

    assert fold(("NodeFailed", data)).nodes["a"].status == "handled"
    assert fold(("NodeFailed", {**data, "handled": "fail"})).nodes["a"].status == "failed"


def test_items_and_routes_are_counted_and_named() -> None:
    progress = fold(
        ("NodeItemsPlanned", {"node_id": "a", "count": 10}),
        ("NodeItemsCompleted", {"node_id": "a", "start": 0, "stop": 4}),
        ("NodeCompleted", {"node_id": "b", "route": ["enough"], "duration_ms": 1.0}),
        ("RunFailed", {"code": "x", "message": "y"}),
    )

    assert (progress.nodes["a"].items, progress.nodes["a"].items_done) == (10, 4)
    assert progress.nodes["b"].note == "→ enough"
    assert progress.status == "failed"
