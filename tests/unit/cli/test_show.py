"""What a run cost, as the command says it."""

from typing import Any

import httpx

from heddle_cli.show import run_cost, total_cost
from heddle_sdk import Client
from heddle_sdk.runs import Run


def run(**values: Any) -> Run:
    http = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(404)))
    client = Client("http://heddle/api", api_key="hdl_k", http=http)
    return Run.of(client._transport, {"id": "r", "workflow_id": "w", **values})


def test_models_and_infrastructure_are_shown_apart_and_together() -> None:
    ended = run(cost_usd="0.0021", infrastructure_usd="0.0004")

    assert str(total_cost(ended)) == "0.0025"
    shown = run_cost(ended)
    assert [part for part in ("$0.0025", "models[/] $0.0021", "infrastructure[/] $0.0004") if part not in shown] == []


def test_an_older_service_that_tells_of_models_only_is_understood() -> None:
    assert "$0.5" in run_cost(run(cost_usd="0.5"))
