"""Every code that somebody can meet is in docs/reference/errors.md, with what it means and what helps."""

import ast
from collections.abc import Iterator
from pathlib import Path

from heddle.runtime.api.node_codes import NODE_CODES
from heddle.runtime.api.problems import CODES

PACKAGE = Path(__file__).parents[5] / "layers/core/python/heddle"
NEVER_SEEN = {
    "call_settled",  # a purse tells it to the call that it belongs to
    "empty_commit",
    "invalid_tenant",
    "projection_busy",  # a consumer tries its record again
    "records_gone",
    "unknown_event_type",
}
"""Codes between our own parts; what a user would see of one is `internal_error`."""


TABLES = {"problems.py", "node_codes.py"}


def trees() -> Iterator[ast.Module]:
    for file in PACKAGE.rglob("*.py"):
        if "testing" not in file.parts and file.name not in TABLES:
            yield ast.parse(file.read_text(encoding="utf-8"))


def constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def raised() -> set[str]:
    """Return every code that is given to an error as text, or by the name of a text of the same module."""
    codes = set()
    for tree in trees():
        named = constants(tree)
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith(
                ("Error", "Invalid", "Input", "Found", "Conflict", "Command", "Needed", "Forbidden", "Large")
            ):
                continue
            for keyword in call.keywords:
                if keyword.arg == "code":
                    for value in ast.walk(keyword.value):
                        if isinstance(value, ast.Constant) and isinstance(value.value, str):
                            codes.add(value.value)
                        elif isinstance(value, ast.Name) and value.id in named:
                            codes.add(named[value.id])
    return codes


def test_every_code_that_is_raised_is_explained() -> None:
    codes = raised()

    assert len(codes) > 100
    assert sorted(codes - CODES.keys() - NODE_CODES.keys() - NEVER_SEEN) == []


def test_every_code_that_is_explained_is_there() -> None:
    written = {
        value.value
        for tree in trees()
        for value in ast.walk(tree)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }

    assert sorted((CODES.keys() | NODE_CODES.keys()) - written) == ["internal_error"]  # what a bug is shown as
