"""Bringing a stage up and down, from whatever state it is in."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from heddle_cli.console import Exit
from heddle_cli.stage import aws
from heddle_cli.stage.home import Home, holder
from heddle_cli.stage.lifecycle import FIRST_RUN, functions_of
from heddle_sdk import Client
from heddle_sdk.errors import Conflict, NotSignedIn
from tests.local.backstage import Backstage
from tests.local.conftest import ROOT, Cli, wait_until

ORDERS = '{"orders": [{"item": "rope", "price": 2, "count": 3}]}'
ASKS = {"name": "asks", "nodes": [{"id": "ask", "type": "approval", "config": {"message": "go on?"}}]}
SUB_RUN = str(ROOT / "examples" / "sub_run.yaml")
CUSTOMERS = '{"customers": [{"name": "Ada", "orders": [{"item": "a", "price": 2, "count": 3}]}]}'
KEYS = ["app_url", "api_url", "ws_url", "graphql_url", "mcp_url", "tenant", "user", "password", "api_key"]


@pytest.fixture(scope="module")
def other(heddle: Cli) -> Iterator[Cli]:
    """Return a second stage beside the first, which the tests of this module may break."""
    cli = Cli(ROOT / ".build" / "test stage 2")
    cli("down", "--delete")
    cli("up")
    yield cli
    cli("down", "--delete")


def runtime(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((cli.home / "runtime.json").read_text())
    return found


def stage_file(cli: Cli) -> dict[str, str]:
    found: dict[str, str] = json.loads((cli.home / "stage.json").read_text())
    return found


def test_the_stage_file_has_exactly_the_documented_keys(stage: dict[str, str]) -> None:
    assert list(stage) == KEYS


def test_the_start_page_and_swagger_ui_are_there(stage: dict[str, str]) -> None:
    assert "Heddle" in httpx.get(stage["app_url"]).text
    assert httpx.get(f"{stage['api_url']}/swagger-ui").status_code == 200
    assert httpx.get(f"{stage['api_url']}/openapi.json").json()["openapi"].startswith("3.")


def test_everything_the_stage_depends_on_is_healthy(heddle: Cli) -> None:
    assert heddle.json("status")["health"]["status"] == "healthy"


def test_every_function_of_the_stage_starts(heddle: Cli) -> None:
    port = runtime(heddle)["ports"]["emulator"]
    names = list(functions_of(aws.client("lambda", port)))
    answer = httpx.post(f"http://127.0.0.1:{port}/_heddle/warm", json={"names": names}, timeout=180).json()

    assert {name: why for name, why in answer.items() if not isinstance(why, int)} == {}
    assert len(answer) >= len(FIRST_RUN)


def test_postgres_has_vectors(heddle: Cli) -> None:
    port = runtime(heddle)["ports"]["postgres"]
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres") as connection:
        connection.execute("create extension if not exists vector")
        row = connection.execute("select '[1,2,3]'::vector <-> '[1,2,4]'::vector").fetchone()

    assert row == (1.0,)


def test_user_and_password_of_the_stage_file_sign_in(stage: dict[str, str]) -> None:
    with Client(stage["api_url"], user=stage["user"], password=stage["password"]) as client:
        me = client.me()

    assert (me.tenant, list(me.roles)) == ("demo", ["admin"])


def test_up_while_it_runs_starts_and_changes_nothing(heddle: Cli, stage: dict[str, str]) -> None:
    done = heddle("up")

    assert "running already" in done.stderr
    assert "nothing changed" in done.stderr
    assert stage_file(heddle) == stage


def test_two_stages_run_side_by_side_and_know_nothing_of_each_other(heddle: Cli, other: Cli) -> None:
    document = str(ROOT / "examples" / "for_each.yaml")
    run_id = other.json("run", document, "-i", ORDERS)["id"]

    assert set(runtime(heddle)["ports"].values()).isdisjoint(runtime(other)["ports"].values())
    assert other("show", run_id).returncode == Exit.OK
    assert heddle("show", run_id, check=False).returncode == Exit.REFUSED
    with (
        Client(stage_file(heddle)["api_url"], api_key=stage_file(other)["api_key"]) as foreign,
        pytest.raises(NotSignedIn),
    ):
        foreign.me()


def test_up_with_other_model_providers_starts_the_stage_again(other: Cli) -> None:
    keyed = replace(other, models={"HEDDLE_DEFAULT_PROVIDER": "extractive", "OLLAMA_BASE_URL": "http://127.0.0.1:9"})
    before = runtime(other)["supervisor"]

    done = keyed("up")
    again = keyed("up")

    assert "keys or addresses of model providers have changed" in done.stderr
    assert "models: extractive (HEDDLE_DEFAULT_PROVIDER says so)" in done.stdout
    assert "running already" in again.stderr
    assert runtime(other)["supervisor"] != before
    assert "ollama" in {provider["name"] for provider in keyed.json("providers")}


@dataclass(frozen=True)
class Restarted:
    """A stage after `down` and `up`: what it held before, and what `up` said."""

    said: str
    credentials: dict[str, str]
    ended: dict[str, Any]
    sub_runs: dict[str, Any]
    asking: str
    refused: str
    "Why the run that asks could not be resumed before."


@pytest.fixture(scope="module")
def restarted(other: Cli) -> Restarted:
    """Stop and start the stage once for all the tests that ask what is left then."""
    ended = other.json("run", str(ROOT / "examples" / "for_each.yaml"), "-i", ORDERS)
    other("save", str(ROOT / "examples" / "for_each.yaml"))
    sub_runs = other.json("run", SUB_RUN, "-i", CUSTOMERS)
    with Client(stage_file(other)["api_url"], api_key=stage_file(other)["api_key"]) as client:
        run = client.runs.start(client.workflows.ensure(ASKS))
        wait_until(lambda: any(each.run_id == run.id for each in client.approvals.list()), 30, "the run asks")
        with pytest.raises(Conflict) as carried:
            run.resume()
    credentials = stage_file(other)
    other("down")
    return Restarted(other("up").stderr, credentials, ended, sub_runs, run.id, carried.value.code)


def test_down_and_up_keep_the_data_and_deploy_nothing(other: Cli, restarted: Restarted) -> None:
    before = restarted.ended

    assert "nothing changed" in restarted.said
    assert stage_file(other) == restarted.credentials
    assert other.json("show", before["id"])["output"] == before["output"]
    assert other.json("verify", before["id"])["intact"]


def test_after_down_and_up_queues_streams_and_projections_go_on(other: Cli, restarted: Restarted) -> None:
    again = other.json("run", SUB_RUN, "-i", CUSTOMERS)

    assert restarted.sub_runs["output"] == again["output"] == {"customers": [{"customer": "Ada", "total": 6}]}
    wait_until(
        lambda: other.json("runs", "--workflow", "totals-per-customer")[0]["status"] == "succeeded", 20, "it is listed"
    )


def test_a_run_that_was_under_way_at_down_goes_on_when_it_is_resumed(other: Cli, restarted: Restarted) -> None:
    backstage, run = Backstage(other.home), restarted.asking
    lost = backstage.executions(run)
    other("resume", run, "--no-watch")
    wait_until(lambda: backstage.executions(run).get(f"{run}.w1") == "RUNNING", 30, "another execution")
    other("approve", run)
    wait_until(lambda: other.json("show", run)["status"] == "succeeded", 30, "the run ends")

    assert restarted.refused == "run_not_resumable"
    assert lost == {run: "FAILED"}
    assert [node["attempt"] for node in other.json("show", run)["nodes"]] == [1]


def test_a_stage_whose_ports_were_taken_moves_and_its_queues_still_work(other: Cli, tmp_path: Path) -> None:
    old = runtime(other)["ports"]
    other("down")
    with socket.socket() as edge, socket.socket() as emulator:
        for taken, name in ((edge, "edge"), (emulator, "emulator")):
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", old[name]))
            taken.listen()
        done = other("up")

    assert "took other ports for edge and emulator" in done.stderr
    assert runtime(other)["ports"]["emulator"] != old["emulator"]
    note = tmp_path / "note.md"
    note.write_text("# Ropes\n\nA rope that was not inspected is a rope that was not there when it was needed.\n")
    document = str(ROOT / "examples" / "research_brief.yaml")
    assert other.json("run", document, "-i", f"documents=@{note}", "-i", "question=ropes")["mode"] != "inline"


def test_a_killed_supervisor_leaves_nothing_behind_and_up_recovers(other: Cli) -> None:
    process = runtime(other)["supervisor"]
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: holder(Home(other.home).supervisor_lock) is None, 10, "the supervisor is gone")

    status = other("status", check=False)
    done = other("up")

    assert status.returncode == Exit.STAGE
    assert "crashed" in status.stdout
    assert "recovered" in done.stderr
    assert other.json("status")["health"]["status"] == "healthy"


def test_a_killed_emulator_ends_the_stage_with_a_reason_and_up_brings_it_back(other: Cli) -> None:
    os.kill(runtime(other)["children"]["emulator"], signal.SIGKILL)
    wait_until(lambda: runtime(other)["state"] == "failed", 30, "the stage says that it failed")

    assert "emulator was killed by signal 9" in other("status", check=False).stdout
    done = other("up")

    assert "recovered" in done.stderr
    assert "nothing changed" in done.stderr
    assert other.json("run", str(ROOT / "examples" / "for_each.yaml"), "-i", ORDERS)["output"]["total"] == 6


def test_down_of_a_stage_that_is_down_is_fine(tmp_path: Path) -> None:
    cli = Cli(tmp_path / "never started")

    assert cli("down").stdout.strip() == "it was not running"
    assert cli("status", check=False).returncode == Exit.STAGE


def test_without_a_stage_a_command_says_what_to_do(tmp_path: Path) -> None:
    heddle = Cli(tmp_path / "nothing here")

    done = heddle("runs", check=False)

    assert done.returncode == Exit.STAGE
    assert f"next: {heddle.typed} up" in done.stderr


def test_delete_forgets_everything(other: Cli) -> None:
    other("down", "--delete")

    assert not (other.home / "data").exists()
    assert not (other.home / "stage.json").exists()
    other("up")
    assert other.json("runs") == []
