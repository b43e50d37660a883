"""Shapes of graphs: who waits for whom, and who does not."""

from tests.contract.scenarios.scenario import Scenario, call, given, said

GRAPHS = (
    Scenario(
        "a chain that passes values on",
        {
            "name": "chain",
            "nodes": [
                {"id": "greet", "type": "template", "config": {"template": "Hello {{ input.name }}"}},
                {"id": "shout", "type": "transform", "config": {"value": "{{ nodes.greet.output.text | upper }}"}},
            ],
            "outputs": {"text": "{{ nodes.shout.output }}"},
        },
        {"name": "Ann"},
        output={"text": "HELLO ANN"},
    ),
    Scenario(
        "a diamond that joins",
        {
            "name": "diamond",
            "nodes": [given("a"), given("b", ["a"]), given("c", ["a"]), given("d", ["b", "c"])],
            "outputs": {"b": "{{ nodes.b.output.at }}", "d": "{{ nodes.d.output.at }}"},
        },
        output={"b": "b", "d": "d"},
    ),
    Scenario(
        "several roots in the shape of an N",
        {
            "name": "shape",
            "nodes": [given("a"), given("b"), given("c", ["a"]), given("d", ["a", "b"])],
            "outputs": {"c": "{{ nodes.c.output.at }}", "d": "{{ nodes.d.output.at }}"},
        },
        output={"c": "c", "d": "d"},
    ),
    Scenario(
        "nested forks whose joins coincide",
        {
            "name": "nested",
            "nodes": [
                given("s"), given("x", ["s"]), given("y", ["s"]), given("x1", ["x"]), given("x2", ["x"]),
                given("j", ["x1", "x2", "y"]), given("k", ["j"]),
            ],
            "outputs": {"k": "{{ nodes.k.output.at }}"},
        },
        output={"k": "k"},
    ),
    Scenario(
        "calls in a chain with cheap nodes between them",
        {
            "name": "calls",
            "timeout": 120,
            "nodes": [
                call("a"),
                {"id": "up", "type": "transform", "config": {"value": "{{ nodes.a.output.body.said | upper }}"}},
                call("b", path="echo/{{ nodes.up.output }}"),
            ],
            "outputs": said("b"),
        },
        calls=True,
        output={"b": "A"},
    ),
    Scenario(
        "calls in the shape of an N",
        {
            "name": "n of calls",
            "timeout": 120,
            "nodes": [call("a"), call("b"), call("c", ["a"]), call("d", ["a", "b"])],
            "outputs": said("c", "d"),
        },
        calls=True,
        output={"c": "c", "d": "d"},
    ),
    Scenario(
        "a fork within a fork, of calls",
        {
            "name": "two levels",
            "timeout": 120,
            "nodes": [
                call("s"), call("x", ["s"]), call("y", ["s"]), call("x1", ["x"]), call("x2", ["x"]),
                call("inner", ["x1", "x2"]), call("outer", ["inner", "y"]),
            ],
            "outputs": said("inner", "outer", "y"),
        },
        calls=True,
        output={"inner": "inner", "outer": "outer", "y": "y"},
    ),
    Scenario(
        "forks of calls nested three deep",
        {
            "name": "three levels",
            "timeout": 120,
            "nodes": [
                call("s"), call("x", ["s"]), call("y", ["s"]), call("x1", ["x"]), call("x2", ["x"]),
                call("p", ["x1"]), call("q", ["x1"]), call("pq", ["p", "q"]), call("j", ["pq", "x2"]),
                call("k", ["j", "y"]),
            ],
            "outputs": said("pq", "k"),
        },
        calls=True,
        output={"pq": "pq", "k": "k"},
    ),
    Scenario(
        "branches of which one ends the run while others join",
        {
            "name": "loose end",
            "timeout": 120,
            "nodes": [call("s"), call("a", ["s"]), call("b", ["s"]), call("loose", ["s"]), call("j", ["a", "b"])],
            "outputs": said("loose", "j"),
        },
        calls=True,
        output={"loose": "loose", "j": "j"},
    ),
)  # fmt: skip
