"""`client.usage` against a transport that answers as the API does."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx

from heddle_sdk import Client


def client(*answers: httpx.Response) -> tuple[Client, list[httpx.Request]]:
    asked: list[httpx.Request] = []
    queue = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return queue.pop(0)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Client("http://heddle/api", api_key="hdl_k", http=http), asked


def ok(value: Any) -> httpx.Response:
    return httpx.Response(200, json=value)


def test_a_report_asks_for_days_and_groups_and_leaves_out_what_was_not_given() -> None:
    made, asked = client(ok({"group_by": ["model"], "totals": {"calls": 1}, "groups": [], "groups_total": 0}))

    report = made.usage.report(date(2026, 1, 1), "2026-01-31", by=["model", "day"], provider="openai")

    assert dict(asked[0].url.params) == {
        "from": "2026-01-01",
        "to": "2026-01-31",
        "group_by": "model,day",
        "provider": "openai",
        "limit": "100",
    }
    assert (report.group_by, report.totals["calls"]) == (("model",), 1)


def test_calls_are_fetched_page_after_page() -> None:
    made, asked = client(
        ok({"items": [{"call_id": "a"}], "cursor": "x"}),
        ok({"items": [], "cursor": "y"}),
        ok({"items": [{"call_id": "b"}], "cursor": None}),
    )

    assert [call["call_id"] for call in made.usage.calls("2026-01-01")] == ["a", "b"]
    assert [request.url.params.get("cursor") for request in asked] == [None, "x", "y"]


def test_a_csv_file_holds_all_pages_as_they_came(tmp_path: Path) -> None:
    made, asked = client(
        httpx.Response(200, text="at,cost\r\n1,2\r\n", headers={"X-Next-Cursor": "x"}),
        httpx.Response(200, text="3,4\r\n"),
    )

    assert made.usage.save_csv(tmp_path / "usage.csv") == 2
    assert (tmp_path / "usage.csv").read_bytes() == b"at,cost\r\n1,2\r\n3,4\r\n"
    assert asked[1].url.params["cursor"] == "x"


def test_a_forecast_sends_only_what_was_given() -> None:
    answer = {"workflow_id": "w", "version": 2, "basis": "estimate", "likely_usd": "0.1", "high_usd": "0.2"}
    made, asked = client(ok(answer), ok(answer))

    found = made.usage.forecast("w")
    made.usage.forecast("w", {"a": 1}, version=2)

    assert (found.basis, found.likely_usd, found.history) == ("estimate", "0.1", None)
    assert [request.read() for request in asked] == [b"{}", b'{"input":{"a":1},"version":2}']


def test_statistics_advice_and_the_calls_of_a_run_have_their_own_routes() -> None:
    made, asked = client(
        ok({"totals": {}}), ok({"items": [{"kind": "UsagePattern"}]}), ok({"items": [{"call_id": "a"}], "cursor": None})
    )

    made.usage.statistics(7)
    assert made.usage.recommendations() == [{"kind": "UsagePattern"}]
    assert [call["call_id"] for call in made.usage.of_run("r1")] == ["a"]

    assert [request.url.path for request in asked] == [
        "/api/usage/statistics",
        "/api/usage/recommendations",
        "/api/runs/r1/calls",
    ]
