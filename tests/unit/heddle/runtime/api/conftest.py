"""A stage per test, with people of two tenants."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heddle.runtime.logging import logger
from heddle.testing.api import ApiStage, Caller

GREETING: dict[str, Any] = {
    "name": "Greeting",
    "input": {"type": "object", "properties": {"who": {"type": "string", "default": "world"}}},
    "nodes": [{"id": "greet", "type": "template", "config": {"template": "Hello, {{ input.who }}!"}}],
    "outputs": {"text": "{{ nodes.greet.output.text }}"},
}


@pytest.fixture
def stage() -> Iterator[ApiStage]:
    yield ApiStage()


@pytest.fixture
def viewer(stage: ApiStage) -> Caller:
    return stage.user("vera", tenant="acme", roles=("viewer",))


@pytest.fixture
def editor(stage: ApiStage) -> Caller:
    return stage.user("edda", tenant="acme", roles=("editor",))


@pytest.fixture
def admin(stage: ApiStage) -> Caller:
    return stage.user("ada", tenant="acme", roles=("admin",))


@pytest.fixture
def stranger(stage: ApiStage) -> Caller:
    """Return an admin of another tenant."""
    return stage.user("rival", tenant="rival", roles=("admin",))


@pytest.fixture
def greeting() -> dict[str, Any]:
    return dict(GREETING)


@pytest.fixture
def saved(editor: Caller, greeting: dict[str, Any]) -> str:
    """Return the id of a saved workflow of acme."""
    answer = editor.post("/workflows", greeting)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return a function that gives the lines logged so far."""
    written = io.StringIO()
    handler = logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(before)
