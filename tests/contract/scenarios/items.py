"""for_each: in order, in chunks, in parallel, and with items that fail."""

from typing import Any

from tests.contract.scenarios.scenario import Scenario, given


def _each(concurrency: int = 3, **fields: Any) -> dict[str, Any]:
    return {
        "id": "each",
        "type": "http",
        "config": {"url": "{{ input.upstream }}/{{ item }}"},
        "for_each": {"items": "{{ input.paths }}", "concurrency": concurrency},
        "retry": {"max_attempts": 1},
        **fields,
    }


_SAID = {
    "id": "said",
    "type": "transform",
    "config": {"items": "{{ nodes.each.output }}", "each": "{{ item.body.said }}"},
}
_PATHS = [f"echo/{number}" for number in range(7)]

ITEMS = (
    Scenario(
        "for_each in order",
        {
            "name": "each",
            "nodes": [
                {
                    "id": "double",
                    "type": "transform",
                    "for_each": {"items": "{{ input.numbers }}", "concurrency": 3},
                    "config": {"value": "{{ item * 2 + index }}"},
                },
                {
                    "id": "total",
                    "type": "aggregate",
                    "config": {"items": "{{ nodes.double.output }}", "operation": "sum"},
                },
            ],
            "outputs": {"list": "{{ nodes.double.output }}", "total": "{{ nodes.total.output }}"},
        },
        {"numbers": [5, 1, 4]},
        output={"list": [10, 3, 10], "total": 23},
    ),
    Scenario(
        "a filter over a list",
        {
            "name": "filter",
            "nodes": [
                {
                    "id": "odd",
                    "type": "filter",
                    "config": {"items": "{{ input.numbers }}", "where": "{{ item is odd }}"},
                }
            ],
            "outputs": {"odd": "{{ nodes.odd.output }}"},
        },
        {"numbers": [1, 2, 3]},
        output={"odd": [1, 3]},
    ),
    Scenario(
        "calls for each item, in order",
        {
            "name": "calls each",
            "timeout": 120,
            "nodes": [_each(), _SAID],
            "outputs": {"said": "{{ nodes.said.output }}"},
        },
        {"paths": _PATHS},
        calls=True,
        output={"said": [str(number) for number in range(7)]},
    ),
    Scenario(
        "calls for each item, one at a time",
        {
            "name": "one by one",
            "timeout": 120,
            "nodes": [_each(1), _SAID],
            "outputs": {"said": "{{ nodes.said.output }}"},
        },
        {"paths": _PATHS[:3]},
        calls=True,
        output={"said": ["0", "1", "2"]},
    ),
    Scenario(
        "calls for each of no items",
        {
            "name": "no items",
            "timeout": 120,
            "nodes": [_each(), given("after", ["each"])],
            "outputs": {"each": "{{ nodes.each.output }}", "after": "{{ nodes.after.output.at }}"},
        },
        {"paths": []},
        calls=True,
        output={"each": [], "after": "after"},
    ),
    Scenario(
        "items of which one fails and is replaced",
        {
            "name": "some fail",
            "timeout": 120,
            "nodes": [_each(on_error="continue", fallback={"body": {"said": "nothing"}}), _SAID],
            "outputs": {"said": "{{ nodes.said.output }}"},
        },
        {"paths": ["echo/0", "status/404", "echo/2"]},
        calls=True,
        output={"said": ["0", "nothing", "2"]},
    ),
    Scenario(
        "items of which one fails and sends the node down its own branch",
        {
            "name": "each rescued",
            "timeout": 120,
            "nodes": [_each(on_error="route"), given("fine", ["each"]), given("rescue")],
            "edges": [{"from": "each", "to": "rescue", "branch": "error"}],
            "outputs": {"rescue": "{{ nodes.rescue.output.at }}"},
        },
        {"paths": ["echo/0", "status/404", "echo/2"]},
        calls=True,
        output={"rescue": "rescue"},
        skipped=frozenset({"fine"}),
    ),
    Scenario(
        "items of which one fails and ends the run",
        {"name": "each broken", "timeout": 120, "nodes": [_each(1)], "outputs": {}},
        {"paths": ["status/404"]},
        calls=True,
        status="failed",
        error_code="http_status",
    ),
    Scenario(
        "an item that is tried again",
        {
            "name": "each again",
            "timeout": 120,
            "nodes": [
                _each(
                    retry={"max_attempts": 2, "backoff": "fixed", "delay": 0.1, "jitter": 0},
                    config={"url": "{{ input.upstream }}/{{ item }}/{{ run.id }}"},
                )
            ],
            "outputs": {"calls": "{{ nodes.each.output[1].body.calls }}"},
        },
        {"paths": ["echo", "flaky/1"]},
        calls=True,
        output={"calls": 2},
    ),
    Scenario(
        "something that is no list of items",
        {"name": "no list", "timeout": 120, "nodes": [_each()], "outputs": {}},
        {"paths": "echo/0"},
        calls=True,
        status="failed",
        error_code="items_not_a_list",
    ),
)
