"""What runs depend on outside of themselves: documents, caches, time, people, other runs."""

from tests.contract.scenarios.scenario import Scenario, call, given, said

_GREETING = {
    "name": "contract child",
    "nodes": [{"id": "greet", "type": "template", "config": {"template": "Hello {{ input.name }}"}}],
    "outputs": {"text": "{{ nodes.greet.output.text }}"},
}
_BROKEN = {
    "name": "contract broken child",
    "nodes": [{"id": "a", "type": "transform", "config": {"value": "{{ input.nothing }}"}}],
    "outputs": {},
}
_CHILDREN = {"contract-child": _GREETING, "contract-broken-child": _BROKEN}

OUTSIDE = (
    Scenario(
        "documents that are read side by side",
        {
            "name": "documents",
            "timeout": 120,
            "nodes": [
                {
                    "id": "read",
                    "type": "parse",
                    "config": {"document": "{{ item }}"},
                    "for_each": {"items": "{{ input.documents }}", "concurrency": 2},
                },
                {
                    "id": "brief",
                    "type": "llm",
                    "config": {
                        "provider": "extractive",
                        "prompt": "How long may a retry wait?",
                        "context": "{{ nodes.read.output[0].passages }}",
                    },
                },
            ],
            "outputs": {
                "titles": "{{ [nodes.read.output[0].title, nodes.read.output[1].title] }}",
                "extractive": "{{ nodes.brief.output.extractive }}",
            },
        },
        {
            "documents": [
                {"text": "# Retries\n\nA retry may wait for ten seconds.", "media_type": "text/markdown"},
                {"text": "<html><title>Costs</title><p>Nothing.</p></html>", "media_type": "text/html"},
            ]
        },
        output={"titles": ["Retries", "Costs"], "extractive": True},
    ),
    Scenario(
        "a call whose answer is in the cache",
        {
            "name": "cached",
            "timeout": 120,
            "nodes": [call("a", path="echo/{{ input.nonce }}", cache={"ttl": 600}), call("b", ["a"])],
            "outputs": said("b"),
        },
        calls=True,
        twice=True,
        output={"b": "b"},
    ),
    Scenario(
        "a cache by the user's own key",
        {
            "name": "cached by key",
            "timeout": 120,
            "nodes": [call("a", path="echo/{{ run.id }}", cache={"ttl": 600, "key": "{{ input.nonce }}"})],
            "outputs": {"status": "{{ nodes.a.output.status }}"},
        },
        calls=True,
        twice=True,
        output={"status": 200},
    ),
    Scenario(
        "a delay beside a call",
        {
            "name": "delay",
            "nodes": [{"id": "rest", "type": "delay", "config": {"seconds": 1}}, call("b"), call("j", ["rest", "b"])],
            "outputs": said("j"),
        },
        calls=True,
        output={"j": "j"},
    ),
    Scenario(
        "an approval that is given",
        {
            "name": "approved",
            "nodes": [
                {"id": "ask", "type": "approval", "config": {"message": "go on?"}},
                call("b", ["ask"], when="{{ nodes.ask.output.approved }}"),
            ],
            "outputs": {"decision": "{{ nodes.ask.output.decision }}", **said("b")},
        },
        calls=True,
        decisions={"ask": "approve"},
        output={"decision": "approve", "b": "b"},
    ),
    Scenario(
        "an approval that nobody gives in time",
        {
            "name": "too late",
            "nodes": [
                {"id": "ask", "type": "approval", "config": {"message": "?", "timeout": 1, "default": "reject"}},
                given("after", ["ask"]),
            ],
            "outputs": {
                "decision": "{{ nodes.ask.output.decision }}",
                "timed_out": "{{ nodes.ask.output.timed_out }}",
                "after": "{{ nodes.after.output.at }}",
            },
        },
        decisions={"ask": None},
        output={"decision": "reject", "timed_out": True, "after": "after"},
    ),
    Scenario(
        "another workflow, for each item",
        {
            "name": "parent",
            "nodes": [
                {
                    "id": "one",
                    "type": "workflow",
                    "config": {"workflow_id": "contract-child", "input": {"name": "Ann"}},
                },
                {
                    "id": "each",
                    "type": "workflow",
                    "for_each": {"items": "{{ input.names }}", "concurrency": 2},
                    "config": {"workflow_id": "contract-child", "input": {"name": "{{ item }}"}},
                },
            ],
            "outputs": {
                "one": "{{ nodes.one.output.text }}",
                "each": "{{ nodes.each.output | map(attribute='text') | list }}",
            },
        },
        {"names": ["Bea", "Cid"]},
        children=_CHILDREN,
        output={"one": "Hello Ann", "each": ["Hello Bea", "Hello Cid"]},
    ),
    Scenario(
        "another workflow that fails",
        {
            "name": "parent of a failure",
            "nodes": [
                {
                    "id": "child",
                    "type": "workflow",
                    "config": {"workflow_id": "contract-broken-child"},
                    "fallback": "it failed",
                },
            ],
            "outputs": {"child": "{{ nodes.child.output }}"},
        },
        children=_CHILDREN,
        output={"child": "it failed"},
    ),
)
