"""Every code that somebody can meet is in docs/reference/errors.md, with what it means and what helps."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from heddle.runtime.api.analysis_codes import ANALYSIS_CODES
from heddle.runtime.api.batch_codes import BATCH_CODES
from heddle.runtime.api.node_codes import NODE_CODES
from heddle.runtime.api.problems import CODES
from heddle.runtime.api.socket_codes import SOCKET_CODES

PACKAGE = Path(__file__).parents[5] / "layers/core/python/heddle"
NEVER_SEEN = {
    "call_settled",  # a purse tells it to the call that it belongs to
    "embedding_failed",  # stands with a document that has no vectors
    "empty_commit",
    "invalid_tenant",
    "migration_changed",  # whoever deploys reads it
    "en",
    "text/x-unknown",  # the type that the kind `code` stands for
    "und",  # no errors, but languages that an analysis finds
    "projection_busy",  # a consumer tries its record again
    "records_gone",
    "unknown_event_type",
}
"""Codes between our own parts; what a user would see of one is `internal_error`."""


CODE = re.compile(r"\w+")
TABLES = {"problems.py", "node_codes.py", "socket_codes.py", "analysis_codes.py", "batch_codes.py"}
EXPLAINED = CODES.keys() | NODE_CODES.keys() | SOCKET_CODES.keys() | ANALYSIS_CODES.keys() | BATCH_CODES.keys()


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


ERRORS = ("Error", "Invalid", "Input", "Found", "Conflict", "Command", "Needed", "Forbidden", "Large")
FAILURES = ("FailNode", "FailRun", "Failed", "RunFailed")
"""What has its code as an argument without a name."""


def raised() -> set[str]:
    """Return every code that an error or a failure is given: as text, or by a name that stands for a text."""
    codes: set[str] = set()
    for tree in trees():
        named = constants(tree)
        for node in ast.walk(tree):
            for value in codes_in(node):
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and CODE.fullmatch(value.value):
                    codes.add(value.value)
                elif isinstance(value, ast.Name) and value.id in named:
                    codes.add(named[value.id])
    return codes


def codes_in(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        if name.endswith(ERRORS):
            yield from (part for word in node.keywords if word.arg == "code" for part in ast.walk(word.value))
        if name in FAILURES:
            yield from node.args
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).lstrip("(").startswith("code, "):
        yield from getattr(node.value, "elts", [])[:1]
    elif isinstance(node, ast.Dict):
        yield from (
            value for key, value in zip(node.keys, node.values, strict=True) if ast.unparse(key or node) == "'code'"
        )


def test_every_code_that_is_raised_is_explained() -> None:
    codes = raised()

    assert len(codes) > 100
    assert sorted(codes - EXPLAINED - NEVER_SEEN) == []


def test_every_code_that_is_explained_is_there() -> None:
    written = {
        value.value
        for tree in trees()
        for value in ast.walk(tree)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }

    assert sorted(EXPLAINED - written) == []
