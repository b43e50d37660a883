"""Much of everything, on a real stage: items, bytes, history, depth."""

from collections.abc import Iterator
from typing import Any

import pytest

from heddle_sdk import Client
from tests.local.backstage import Backstage, Neighbour, event_types, neighbour

ITEMS = 10_000


@pytest.fixture(scope="module")
def server(backstage: Backstage) -> Iterator[Neighbour]:
    with neighbour() as server, backstage.environment("nodes/http", HTTP_ALLOWED_HOSTS=server.address):
        yield server


def test_ten_thousand_items_of_a_cheap_node_come_in_order(client: Client) -> None:
    document = {
        "name": "Ten thousand numbers",
        "nodes": [
            {
                "id": "each",
                "type": "transform",
                "for_each": {"items": "{{ input.numbers }}"},
                "config": {"value": "{{ item * 2 + index }}"},
            }
        ],
        "outputs": {"list": "{{ nodes.each.output }}"},
    }

    run = client.run(document, {"numbers": list(range(ITEMS))}, wait=60)

    assert (run.status, run.mode) == ("succeeded", "inline")
    assert run.result()["list"] == [3 * number for number in range(ITEMS)]


def test_ten_thousand_items_of_a_function_come_in_order(client: Client, backstage: Backstage) -> None:
    document = {
        "name": "Ten thousand texts",
        "nodes": [
            {
                "id": "each",
                "type": "parse",
                "for_each": {"items": "{{ input.texts }}"},
                "config": {"document": {"text": "{{ item }}", "media_type": "text/plain"}, "passages": False},
            },
            {
                "id": "texts",
                "type": "transform",
                "config": {"value": "{{ nodes.each.output | map(attribute='text') | list }}"},
            },
        ],
        "outputs": {"texts": "{{ nodes.texts.output }}"},
    }
    texts = [f"text {number}" for number in range(ITEMS)]

    run = client.run(document, {"texts": texts}, wait=90)

    assert run.status == "succeeded", run.error
    assert run.result()["texts"] == texts
    each = next(node for node in run.nodes if node.node_id == "each")
    assert (each.items_total, each.items_done) == (ITEMS, ITEMS)
    # What the service bills and limits: a hundred chunks, not ten thousand transitions.
    assert sum(map(backstage.transitions, backstage.executions(run.id))) < 5_000


def test_inputs_and_outputs_over_32_kib_go_by_reference(client: Client) -> None:
    document = {
        "name": "Long texts",
        "nodes": [
            {"id": "long", "type": "template", "config": {"template": "{{ input.text }}{{ input.text }}"}},
            {"id": "read", "type": "parse", "config": {"document": {"text": "{{ nodes.long.output.text }}"}}},
        ],
        "outputs": {"words": "{{ nodes.read.output.words }}", "text": "{{ nodes.long.output.text }}"},
    }
    text = "cloth " * 20_000

    run = client.run(document, {"text": text}, wait=60)

    assert run.status == "succeeded", run.error
    assert [set(value) for value in (run.input, run.output)] == [{"$ref"}, {"$ref"}]
    assert run.resolve(run.input) == {"text": text}
    assert run.result() == {"words": 40_000, "text": text * 2}
    assert max(len(str(event.data)) for event in run.events()) < 32 * 1024


def test_a_run_that_outgrows_an_execution_goes_on_in_another(
    client: Client, backstage: Backstage, server: Neighbour
) -> None:
    nodes: list[dict[str, Any]] = []
    for number in range(16):  # two functions take turns, so each node is a step of the state machine
        config = {"document": {"text": f"text {number}", "media_type": "text/plain"}}
        node = {"id": f"n{number}", "type": "parse", "config": config, "after": [f"n{number - 1}"] if number else []}
        if number % 2:
            node |= {"type": "http", "config": {"url": server.url(f"/echo/link-{number}")}}
        nodes.append(node)
    document = {
        "name": "A long way",
        "nodes": nodes,
        "outputs": {"first": "{{ nodes.n0.output.text }}", "last": "{{ nodes.n15.output.body.name }}"},
    }
    small = backstage.environment(
        "queue/dispatch_run", "engine/advance", "nodes/http", "nodes/parse", EXECUTION_EVENT_BUDGET="400"
    )

    with small:
        run = client.run(document, wait=60)

    assert run.status == "succeeded", run.error
    assert run.output == {"first": "text 0", "last": "link-15"}
    assert server.paths("/echo/link-") == [f"/echo/link-{number}" for number in range(1, 16, 2)]
    executions = backstage.executions(run.id)
    continued = event_types(run).count("RunContinued")
    assert continued >= 1
    names = [run.id, *(f"{run.id}.{number}" for number in range(1, continued + 1))]
    assert executions == dict.fromkeys(names, "SUCCEEDED")
    assert all(backstage.transitions(name) < 400 for name in executions)
    assert client.runs.get(run.id).progress["done"] == 16


def test_forks_in_forks_in_forks_have_executions_of_their_own(
    client: Client, backstage: Backstage, server: Neighbour
) -> None:
    depth = 5
    nodes: list[dict[str, Any]] = []

    def call(node: str, *after: str) -> None:
        nodes.append({"id": node, "type": "http", "after": list(after), "config": {"url": server.url(f"/echo/{node}")}})

    call("top")
    for level in range(depth):
        above = f"left{level - 1}" if level else "top"
        call(f"left{level}", above)
        call(f"right{level}", above)
    for level in reversed(range(depth)):
        call(f"join{level}", f"join{level + 1}" if level < depth - 1 else f"left{level}", f"right{level}")

    run = client.run(
        {"name": "Forks in forks", "nodes": nodes, "outputs": {"all": "{{ nodes.join0.output.body.name }}"}},
        mode="standard",
        wait=60,
    )

    assert run.status == "succeeded", run.error
    assert run.output == {"all": "join0"}
    assert {node["id"]: server.count(f"/echo/{node['id']}") for node in nodes} == {node["id"]: 1 for node in nodes}
    children = backstage.executions(run.id)
    assert len(children) > 1
    assert set(children.values()) == {"SUCCEEDED"}


def test_what_may_is_carried_out_by_express(client: Client, backstage: Backstage, server: Neighbour) -> None:
    def call(node: str, *after: str) -> dict[str, Any]:
        url = server.url(f"/echo/quick-{node}")
        return {"id": node, "type": "http", "after": list(after), "timeout": 10, "config": {"url": url}}

    document = {
        "name": "Quick calls",
        "nodes": [call("a"), call("b", "a"), call("c", "a"), call("d", "b", "c")],
        "outputs": {"d": "{{ nodes.d.output.body.name }}"},
    }

    run = client.run(document, wait=60)

    assert (run.status, run.mode) == ("succeeded", "express"), run.reason
    assert run.output == {"d": "quick-d"}
    assert sorted(server.paths("/echo/quick-")) == [f"/echo/quick-{node}" for node in "abcd"]
    assert backstage.executions(run.id) == {}
