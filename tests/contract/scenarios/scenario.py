"""What a scenario is, and the nodes that many of them are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """A document with an input, and the status, output and skipped nodes that any driver must come to.

    The input of a scenario that `calls` out is given `upstream`, the address of tests/support/upstream.py, and `nonce`,
    a text that no other run was given. With `twice` it runs two times over the same input, and the second run counts.
    `children` are workflows that it runs, by id; `decisions` what a person says to its approvals, None for nothing.
    """

    name: str
    document: Mapping[str, Any]
    input: Mapping[str, Any] = field(default_factory=dict)
    status: str = "succeeded"
    output: Any = None
    skipped: frozenset[str] = frozenset()
    error_code: str | None = None
    calls: bool = False
    twice: bool = False
    children: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    decisions: Mapping[str, str | None] = field(default_factory=dict)


def given(node: str, after: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    """Return a cheap node that says its own name."""
    return {"id": node, "type": "set", "config": {"values": {"at": node}}, "after": after or [], **fields}


def call(node: str, after: list[str] | None = None, path: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return a node that a function runs: it calls the upstream, and gives {"said": its own name} as body."""
    config = {"url": "{{ input.upstream }}/" + (path or f"echo/{node}"), **fields.pop("config", {})}
    return {"id": node, "type": "http", "config": config, "after": after or [], **fields}


def said(*nodes: str) -> dict[str, str]:
    """Return an outputs mapping that gives what these calls said."""
    return {node: f"{{{{ nodes.{node}.output.body.said }}}}" for node in nodes}
