"""A whole stage in this process, which commands speak to, and a terminal of a known width."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from heddle.runtime.api.ports import ApiSettings
from heddle.testing.api import ApiStage
from heddle_cli.app import app
from heddle_cli.console import out
from heddle_sdk import Client
from tests.support.stage_client import client_of

Command = Callable[..., Result]


@pytest.fixture
def whole_stage() -> ApiStage:
    return ApiStage(ApiSettings("test", "0.1.0", default_provider="openai"))


@pytest.fixture
def client(whole_stage: ApiStage, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return the client that every command gets: an admin of this stage."""
    made = client_of(whole_stage)
    monkeypatch.setattr(made, "close", lambda: None)
    for command in ("analyses", "batches", "budgets", "documents", "plugins", "runs", "usage"):
        monkeypatch.setattr(f"heddle_cli.commands.{command}.connect", lambda stage, key: made)
    return made


@pytest.fixture
def heddle(client: Client) -> Command:
    """Run a command line as somebody who pipes its output."""
    return lambda *words: CliRunner().invoke(app, list(words))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let what is printed go to a terminal of so many columns, without colours."""

    def of(width: int) -> None:
        monkeypatch.setattr(out, "_force_terminal", True)
        monkeypatch.setattr(out, "_color_system", None)
        monkeypatch.setattr(out, "no_color", True)
        monkeypatch.setattr(out, "width", width)

    return of
