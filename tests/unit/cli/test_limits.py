"""`heddle limits`: what is asked for reaches the document, or is refused before."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from heddle_cli import live_limits
from heddle_cli.app import app
from heddle_sdk import Client
from tests.unit.cli.conftest import Command


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, dict[str, Any]]]:
    asked: list[tuple[str | None, dict[str, Any]]] = []
    document = {"default": {"concurrent_runs": 50}, "tenants": {"acme": {"starts_per_second": 5}}}

    def change(tenant: str | None, values: dict[str, Any]) -> dict[str, Any]:
        asked.append((tenant, values))
        return document

    monkeypatch.setattr(live_limits, "change", change)
    monkeypatch.setattr(live_limits, "read", lambda: document)
    return asked


def test_limits_are_set_for_all_or_for_one_tenant(changes: list[Any]) -> None:
    CliRunner().invoke(app, ["limits", "set", "concurrent_runs=9", "starts_per_second=0.5"])
    shown = CliRunner().invoke(app, ["limits", "set", "-t", "acme", "concurrent_runs="])

    assert changes == [
        (None, {"concurrent_runs": 9, "starts_per_second": 0.5}),
        ("acme", {"concurrent_runs": None}),
    ]
    assert "starts_per_second" in shown.stdout


@pytest.mark.parametrize("words", [["concurrent_runs"], ["concurrent_runs=many"]])
def test_what_is_no_limit_is_refused(changes: list[Any], words: list[str]) -> None:
    assert CliRunner().invoke(app, ["limits", "set", *words]).exit_code != 0
    assert changes == []


def test_all_limits_are_shown(changes: list[Any]) -> None:
    shown = CliRunner().invoke(app, ["limits", "show"]).stdout

    assert "(default)" in shown and "acme" in shown


def test_a_tenant_sees_its_own_without_a_word_more(
    heddle: Command, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heddle_cli.commands.limits.connect", lambda stage, key: client)

    table = heddle("limits").stdout
    found = json.loads(heddle("limits", "--json").stdout)

    assert "concurrent_runs" in table and "direct_message_frame_burst" in table
    assert found["limits"]["concurrent_runs"] == 50
    assert found["in_use"] == {"concurrent_runs": 0, "connections": 0}
