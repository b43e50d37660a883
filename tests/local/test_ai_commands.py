"""The command, for whoever lets models write and has to pay: the example by a provider, live, and what it cost."""

import csv
import json
import secrets
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.model_servers.server import Call, ModelServer, Reply
from tests.local.backstage import Backstage
from tests.local.conftest import Cli
from tests.local.tenants import OPENAI, Tenant, tenant_of_its_own
from tests.local.test_examples import BRIEF, EXAMPLES

ANSWER = """A retry without a limit turns one failure into many, so every step has a bound on attempts and on time [1].
Idle capacity is not paid for where functions start on demand, and what is spent is looked at every week [2]. Incidents
are reviewed in writing, without blame, and each review leaves a test behind it [3]."""


@pytest.fixture(scope="module")
def tenant(heddle: Cli, stage: dict[str, str]) -> Iterator[Tenant]:
    """Return a tenant to whom `default` is a model."""
    with tenant_of_its_own(Backstage(heddle.home), stage["api_url"]) as made:
        made.client.models.set_alias("default", OPENAI)
        yield made


@pytest.fixture(scope="module")
def elsewhere(tenant: Tenant) -> Iterator[tuple[str, ...]]:
    """Return the options with which the command speaks for this tenant."""
    key = tenant.client.api_keys.create("tests", role="admin")
    yield ("--stage", tenant.client.base_url, "--key", str(key.raw["key"]))
    tenant.client.api_keys.revoke(key.id)


@pytest.fixture(scope="module")
def brief(heddle: Cli, elsewhere: tuple[str, ...], model_providers: ModelServer) -> list[dict[str, Any]]:
    """Return the lines that running the example prints: pieces of text as they come, and the run."""
    word = f"w{secrets.token_hex(4)}"
    look = Reply("", calls=(Call("search", {"query": "retries and idle capacity"}),))
    model_providers.script([look, Reply(ANSWER)], about=word)
    question = f"question=How are serverless workflows kept reliable? {word}"
    example = str(EXAMPLES / "research_brief.yaml")
    done = heddle("run", example, *BRIEF, "-i", question, "--live", "--json", *elsewhere)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_example_is_written_by_the_provider_that_is_there_and_says_so(brief: list[dict[str, Any]]) -> None:
    *pieces, run = brief

    assert run["status"] == "succeeded", run
    assert (run["output"]["answered_by"], run["output"]["extractive"]) == (OPENAI, False)
    assert "written by openai/gpt-5-mini in 2 steps" in run["output"]["report"]
    assert ANSWER in run["output"]["report"]
    assert "".join(piece["data"]["text"] for piece in pieces if piece["type"] == "token") == ANSWER
    assert [piece["data"]["state"] for piece in pieces if piece["type"] == "tool"] == ["started", "succeeded"]


def test_what_it_cost_is_the_same_wherever_one_looks(
    heddle: Cli, tenant: Tenant, elsewhere: tuple[str, ...], brief: list[dict[str, Any]], tmp_path: Path
) -> None:
    cost = Decimal(brief[-1]["cost_usd"])

    usage = heddle.json("usage", *elsewhere)
    heddle("usage", "--csv", str(tmp_path / "usage.csv"), *elsewhere)
    forecast = heddle.json("forecast", brief[-1]["workflow_id"], *elsewhere)

    assert cost == 2 * tenant.price(OPENAI) == Decimal(usage["totals"]["cost_usd"])
    with (tmp_path / "usage.csv").open(encoding="utf-8", newline="") as file:
        calls = list(csv.DictReader(file))
    asked = [call for call in calls if call["provider"] == "openai"]
    assert [call["run_id"] for call in asked] == [brief[-1]["id"]] * 2
    assert {call["model"] for call in calls if call not in asked} == {"hashed-1"}  # the documents, and the question
    assert Decimal(forecast["high_usd"]) > 0


def test_a_budget_and_a_stop_by_command_hold(heddle: Cli, tenant: Tenant, elsewhere: tuple[str, ...]) -> None:
    workflow = "research-brief"
    heddle("save", str(EXAMPLES / "research_brief.yaml"), *elsewhere)
    note = ("-i", 'documents=[{"text": "A rope that was not inspected is a rope that was not there."}]')

    budget = ("--scope", "workflow", "--subject", workflow, "--period", "day", "--limit", "0")

    heddle("budgets", "set", "page", *budget, *elsewhere)
    refused = heddle("run", workflow, *note, *elsewhere, check=False)
    heddle("ai", "stop", "-w", workflow, "-r", "a try", *elsewhere)
    stopped = heddle("run", workflow, *note, *elsewhere, check=False)
    heddle("ai", "resume", "-w", workflow, *elsewhere)

    assert "budget_exceeded" in refused.stdout + refused.stderr
    assert "ai_stopped" in stopped.stdout + stopped.stderr
    assert "page" in heddle("budgets", *elsewhere).stdout
    assert not tenant.client.ai.status().workflows


def test_models_providers_and_prompts_are_listed(heddle: Cli, elsewhere: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text("name: hello\ncontent: Hello\n")

    heddle("prompts", "save", str(tmp_path / "hello.yaml"), *elsewhere)

    assert OPENAI in heddle("models", *elsewhere).stdout
    assert "openai" in heddle("providers", *elsewhere).stdout
    assert "hello" in heddle("prompts", "list", *elsewhere).stdout
