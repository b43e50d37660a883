"""The function that runs plugins: an event in, results and warnings out."""

from typing import Any

import pytest

from functions.plugins.run import handler
from heddle.application.plugins.wire import Asking, heard
from heddle.application.ports.plugins import PluginContent
from heddle.testing.plugins import DirectPlugins
from tests.support.lambdas import Context


def test_what_is_not_there_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = DirectPlugins().runner
    monkeypatch.setattr(handler, "run_plugins", lambda: runner)
    event: dict[str, Any] = Asking("acme", PluginContent("a", "text"), ["nobody"], {}, 5.0).to_json()

    found = heard(handler.lambda_handler(event, Context()))

    assert [(each.plugin, each.code) for each in found.warnings] == [("nobody", "plugin_not_found")]
