"""`heddle budgets` and `heddle ai`, against the whole API."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from heddle.domain.events.envelope import StreamId
from heddle.testing.api import ApiStage
from heddle_cli.console import cost
from heddle_sdk import Client
from heddle_sdk.errors import InvalidRequest
from tests.unit.cli.conftest import Command

GREETING: dict[str, Any] = {
    "name": "greeting",
    "nodes": [{"id": "a", "type": "template", "config": {"template": "x"}}],
}
MONTH = ("--scope", "tenant", "--period", "month")


def test_without_budgets_the_command_that_makes_one_is_shown(heddle: Command) -> None:
    assert "heddle budgets set ID --scope tenant --period month --limit 25" in heddle("budgets").output


def test_a_budget_is_made_changed_and_listed_with_what_is_left(heddle: Command) -> None:
    made = heddle("budgets", "set", "team", *MONTH, "--limit", "25").output
    changed = heddle("budgets", "set", "team", "--limit", "40", "--warn-at", "10", "--action", "approve").output

    assert made.startswith("made team for the tenant: $25 per month, then calls are refused\nnext: ")
    assert changed.startswith("changed team for the tenant: $40 per month, then calls wait for an approval\n")
    assert heddle("budgets").output.splitlines()[1].split() == (
        ["team", "the", "tenant", "$40", "per", "month", "approve", "$0", "(0", "%)", "$40", "healthy"]
    )
    (shown,) = json.loads(heddle("budgets", "--json").output)
    assert (shown["limit_usd"], shown["warn_at"]) == ("40", [10])


def test_a_budget_of_nothing_says_what_it_does(heddle: Command) -> None:
    made = heddle("budgets", "set", "shut", *MONTH, "--limit", "0").output

    assert "$0, no call that costs something fits: calls are refused" in made


def test_on_eighty_columns_every_column_is_there(heddle: Command, terminal: Callable[[int], None]) -> None:
    heddle("budgets", "set", "each-of-us", "--scope", "user", "--subject", "*", "--period", "day", "--limit", "2")
    heddle(
        "budgets", "set", "team-of-the-loom", *MONTH, "--limit", "250.5", "--action", "downgrade", "--downgrade-to", "x"
    )
    terminal(80)

    shown = heddle("budgets").output

    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    for part in ("team-of-the", "$250.50", "downgrade", "$0 (0 %)", "healthy", "each user"):
        assert part in shown


def test_what_a_budget_is_for_cannot_be_changed_in_passing(client: Client) -> None:
    client.budgets.set("team", scope="tenant", period="month", limit_usd="25")

    with pytest.raises(InvalidRequest, match="scope"):
        client.budgets.set("team", scope="run", period="run", limit_usd="2")

    assert client.budgets.set("team", scope="tenant", period="month", limit_usd="30").limit_usd == "30"


def test_a_run_is_started_with_a_budget_of_its_own(heddle: Command, client: Client, whole_stage: ApiStage) -> None:
    client.workflows.ensure(GREETING)

    heddle("run", "greeting", "--budget", "0.50", "--no-watch")

    requested = whole_stage.ports.events.read(StreamId("acme", "run", "01TEST00000000000000000001")).events[0]
    assert requested.data["budget_usd"] == "0.50"


def test_one_budget_is_shown_with_all_that_is_known(heddle: Command) -> None:
    heddle("budgets", "set", "team", *MONTH, "--limit", "25")

    shown = heddle("budgets", "show", "team").output

    assert [line.split()[0] for line in shown.splitlines()] == (
        ["for", "limit", "window", "health", "spent", "reserved", "left", "projected"]
    )


def test_a_new_budget_needs_scope_period_and_limit(heddle: Command) -> None:
    refused = heddle("budgets", "set", "new", "--limit", "40")

    assert refused.exit_code == 2
    assert "--scope, --period" in refused.output


def test_without_alerts_that_is_said(heddle: Command) -> None:
    heddle("budgets", "set", "team", *MONTH, "--limit", "25")

    assert heddle("budgets", "alerts", "team").output == "it has announced nothing so far\n"


def test_stopping_says_what_it_did_and_how_to_undo_it(heddle: Command, client: Client) -> None:
    client.workflows.ensure(GREETING)

    one = heddle("ai", "stop", "-w", "greeting", "-r", "it greets in circles").output
    everything = heddle("ai", "stop").output
    status = heddle("ai", "status").output
    resumed = heddle("ai", "resume").output

    assert one.startswith("stopped: workflow greeting begins no more calls to models")
    assert "next: heddle ai resume --workflow greeting" in one
    assert everything.startswith("stopped: the tenant begins") and "next: heddle ai resume (" in everything
    assert "the tenant" in status and "it greets in circles" in status
    assert resumed.startswith("resumed: the tenant may call models\nstill stopped:") and "greeting" in resumed
    assert heddle("ai", "resume", "-w", "greeting").output == "resumed: workflow greeting may call models\n"
    assert heddle("ai", "status").output == "nothing is stopped\n"


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        ("0", "$0"),
        (None, "$0"),
        ("0E-12", "$0"),
        ("25", "$25"),
        ("1234.5", "$1234.50"),
        ("20.103", "$20.10"),
        ("0.5", "$0.5"),
        ("0.000011975002", "$0.000012"),
        ("0.0000001", "<$0.000001"),
        ("much", "much"),
    ],
)
def test_amounts_are_shown_as_people_read_them(usd: str | None, shown: str) -> None:
    assert cost(usd) == shown
