"""Errors: retried, replaced, routed, or the end of the run."""

from tests.contract.scenarios.scenario import Scenario, call, given, said

_ONCE = {"max_attempts": 1}
_THREE_TIMES = {"max_attempts": 3, "backoff": "fixed", "delay": 0.1, "jitter": 0}

FAILURES = (
    Scenario(
        "an error that is replaced by a fallback",
        {
            "name": "fallback",
            "nodes": [
                {"id": "a", "type": "transform", "config": {"value": "{{ input.nothing }}"}, "fallback": "none"},
                given("b", ["a"]),
            ],
            "outputs": {"a": "{{ nodes.a.output }}"},
        },
        output={"a": "none"},
    ),
    Scenario(
        "an error that takes its own branch",
        {
            "name": "rescue",
            "nodes": [
                {"id": "a", "type": "transform", "config": {"value": "{{ input.nothing }}"}, "on_error": "route"},
                given("fine"),
                given("rescue"),
            ],
            "edges": [{"from": "a", "to": "fine"}, {"from": "a", "to": "rescue", "branch": "error"}],
            "outputs": {"rescue": "{{ nodes.rescue.output.at }}"},
        },
        output={"rescue": "rescue"},
        skipped=frozenset({"fine"}),
    ),
    Scenario(
        "no error, so that its branch is not taken",
        {
            "name": "no rescue",
            "timeout": 120,
            "nodes": [call("a", on_error="route"), call("fine"), call("rescue"), call("j", ["fine", "rescue"])],
            "edges": [{"from": "a", "to": "fine"}, {"from": "a", "to": "rescue", "branch": "error"}],
            "outputs": said("j"),
        },
        calls=True,
        output={"j": "j"},
        skipped=frozenset({"rescue"}),
    ),
    Scenario(
        "an error that ends the run",
        {
            "name": "broken",
            "nodes": [
                {"id": "a", "type": "transform", "config": {"value": "{{ input.nothing }}"}},
                given("b", ["a"]),
            ],
            "outputs": {},
        },
        status="failed",
        error_code="expression_undefined",
    ),
    Scenario(
        "a call that fails and ends the run",
        {
            "name": "broken call",
            "timeout": 120,
            "nodes": [call("a"), call("b", ["a"], path="status/404"), call("c", ["b"])],
            "outputs": said("c"),
        },
        calls=True,
        status="failed",
        error_code="http_status",
    ),
    Scenario(
        "a call that fails, with which its branch goes on",
        {
            "name": "goes on",
            "timeout": 120,
            "nodes": [
                call("s"),
                call("a", ["s"], path="status/404", on_error="continue"),
                call("b", ["s"], path="status/410", fallback={"body": {"said": "something else"}}),
                call("c", ["s"]),
                call("j", ["a", "b", "c"]),
            ],
            "outputs": said("b", "c", "j") | {"a": "{{ nodes.a.output }}"},
        },
        calls=True,
        output={"a": None, "b": "something else", "c": "c", "j": "j"},
    ),
    Scenario(
        "a call that fails and takes its own branch",
        {
            "name": "rescued call",
            "timeout": 120,
            "nodes": [
                call("a", path="status/404", on_error="route"),
                call("fine", ["a"]),
                call("further", ["fine"]),
                call("rescue"),
                call("j", ["further", "rescue"]),
            ],
            "edges": [{"from": "a", "to": "rescue", "branch": "error"}],
            "outputs": said("rescue", "j"),
        },
        calls=True,
        output={"rescue": "rescue", "j": "j"},
        skipped=frozenset({"fine", "further"}),
    ),
    Scenario(
        "a retry that succeeds",
        {
            "name": "retry",
            "timeout": 120,
            "nodes": [call("a", path="flaky/2/{{ run.id }}", retry=_THREE_TIMES), call("b", ["a"])],
            "outputs": said("b") | {"calls": "{{ nodes.a.output.body.calls }}"},
        },
        calls=True,
        output={"calls": 3, "b": "b"},
    ),
    Scenario(
        "a retry that waits longer than a function does",
        {
            "name": "patient retry",
            "timeout": 120,
            "nodes": [
                call("a", path="flaky/1/{{ run.id }}", retry={**_THREE_TIMES, "delay": 2.5}),
                call("b"),
                call("j", ["a", "b"]),
            ],
            "outputs": said("j") | {"calls": "{{ nodes.a.output.body.calls }}"},
        },
        calls=True,
        output={"calls": 2, "j": "j"},
    ),
    Scenario(
        "retries that are used up",
        {
            "name": "no more retries",
            "timeout": 120,
            "nodes": [call("a", path="status/503", retry=_THREE_TIMES)],
            "outputs": said("a"),
        },
        calls=True,
        status="failed",
        error_code="http_status",
    ),
    Scenario(
        "an error that is not among those worth a retry",
        {
            "name": "choosy",
            "timeout": 120,
            "nodes": [
                call("a", path="status/503", retry={**_THREE_TIMES, "on": ["http_timeout"]}, fallback="given up"),
            ],
            "outputs": {"a": "{{ nodes.a.output }}"},
        },
        calls=True,
        output={"a": "given up"},
    ),
    Scenario(
        "a call that takes too long",
        {
            "name": "slow",
            "timeout": 120,
            "nodes": [call("a", path="slow", config={"timeout": 0.3}, retry=_ONCE, fallback="late"), call("b", ["a"])],
            "outputs": said("b") | {"a": "{{ nodes.a.output }}"},
        },
        calls=True,
        output={"a": "late", "b": "b"},
    ),
    Scenario(
        "outputs that cannot be evaluated",
        {
            "name": "no outputs",
            "timeout": 120,
            "nodes": [call("a")],
            "outputs": {"a": "{{ nodes.a.output.body.unheard_of }}"},
        },
        calls=True,
        status="failed",
        error_code="expression_undefined",
    ),
)
