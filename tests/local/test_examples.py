"""The examples, run as a user runs them: by the command, against a real stage."""

from pathlib import Path
from typing import Any

import pytest

from heddle_cli.console import Exit
from heddle_sdk import Client
from tests.local.conftest import ROOT, Cli, wait_until

EXAMPLES = ROOT / "examples"
DOCUMENTS = EXAMPLES / "documents"
NAMES = ("reliability-guide.html", "incident-review.pdf", "cost-notes.md", "capacity-figures.json")
BRIEF = [argument for name in NAMES for argument in ("--input", f"documents=@{DOCUMENTS / name}")]


def test_the_research_brief_cites_document_and_section_and_says_where_to_look_next(heddle: Cli) -> None:
    done = heddle("run", str(EXAMPLES / "research_brief.yaml"), *BRIEF)

    assert "Sources" in done.stdout
    for name in ("reliability-guide.html, Give every wait an end", "cost-notes.md, Idle capacity"):
        assert name in done.stdout
    assert "[1]" in done.stdout
    for word in ("status", "succeeded", "cost", "time", "swagger-ui", f"{heddle.typed} tail"):
        assert word in done.stdout
    assert "ingest" in done.stderr and "brief" in done.stderr


def test_documents_of_the_research_brief_are_taken_in_once(heddle: Cli) -> None:
    first, second = (heddle.json("run", str(EXAMPLES / "research_brief.yaml"), *BRIEF) for _ in range(2))

    for result in (first, second):
        assert result["status"] == "succeeded"
        assert result["output"]["enough"] is True
        assert result["output"]["documents"] == len(NAMES)
        assert result["output"]["sources"] >= 2
    assert second["output"]["report"] == first["output"]["report"]
    names = [document["filename"] for document in heddle.json("documents", "list")]
    assert [names.count(name) for name in NAMES] == [1] * len(NAMES)


def test_too_little_material_takes_the_other_branch_only(heddle: Cli, tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(
        "# A note\n\nNothing in here is of any help with the question that was asked, which is a pity for all.\n"
    )

    result = heddle.json("run", str(EXAMPLES / "research_brief.yaml"), "-i", f"documents=@{note}")

    status = {node["node_id"]: node["status"] for node in result["nodes"]}
    assert result["output"]["enough"] is False
    assert "More material is needed" in result["output"]["report"]
    assert (status["report"], status["more_material"]) == ("skipped", "completed")


def test_a_document_that_cannot_be_read_does_not_stop_the_others(heddle: Cli, tmp_path: Path) -> None:
    corrupt = tmp_path / "corrupt.pdf"
    corrupt.write_bytes(b"%PDF-1.7\nnot really")

    result = heddle.json("run", str(EXAMPLES / "research_brief.yaml"), *BRIEF, "-i", f"documents=@{corrupt}")

    assert result["status"] == "succeeded"
    assert result["output"]["enough"] is True


def test_every_example_is_valid(heddle: Cli) -> None:
    for file in sorted(EXAMPLES.glob("*.yaml")):
        assert heddle.json("validate", str(file))["valid"], file.name


def test_cheap_nodes_are_answered_in_process(heddle: Cli) -> None:
    orders = '{"orders": [{"item": "rope", "price": 12.5, "count": 2}, {"item": "hook", "price": 3, "count": 10}]}'

    result = heddle.json("run", str(EXAMPLES / "for_each.yaml"), "-i", orders)

    assert result["mode"] == "inline"
    assert result["output"]["total"] == 55
    assert [line["item"] for line in result["output"]["large"]] == ["hook", "rope"]


def test_a_sub_run_per_element_gives_its_output_back(heddle: Cli) -> None:
    heddle("save", str(EXAMPLES / "for_each.yaml"))
    customers = (
        '{"customers": [{"name": "Ada", "orders": [{"item": "a", "price": 2, "count": 3}]},'
        ' {"name": "Bob", "orders": [{"item": "b", "price": 5, "count": 1}]}]}'
    )

    result = heddle.json("run", str(EXAMPLES / "sub_run.yaml"), "-i", customers)

    assert result["output"]["customers"] == [{"customer": "Ada", "total": 6}, {"customer": "Bob", "total": 5}]


def test_failures_are_lived_with(heddle: Cli) -> None:
    result = heddle.json("run", str(EXAMPLES / "error_handling.yaml"))

    assert result["status"] == "succeeded"
    assert result["output"] == {"fallback": "nothing came back", "route": "the other way was taken"}


@pytest.mark.parametrize(
    ("arguments", "decision"), [((), "approved: fine by me"), (("--reject",), "rejected: fine by me")]
)
def test_an_approval_is_asked_for_decided_and_the_run_goes_on(
    heddle: Cli, client: Client, arguments: tuple[str, ...], decision: str
) -> None:
    started = heddle.json("run", str(EXAMPLES / "approval.yaml"), "-i", "amount=1200", "--no-watch")
    run_id = started["run_id"]

    def waiting() -> Any:
        return [a for a in heddle.json("approvals") if a["run_id"] == run_id]

    wait_until(waiting, 30, "the run waits for approval")
    assert client.runs.get(run_id).status == "waiting"
    heddle("approve", run_id, "--comment", "fine by me", *arguments)

    assert heddle.json("tail", run_id)["output"] == {"decision": decision}


def test_a_run_that_waits_can_be_cancelled_and_says_so_by_its_exit_code(heddle: Cli) -> None:
    run_id = heddle.json("run", str(EXAMPLES / "approval.yaml"), "-i", "amount=900", "--no-watch")["run_id"]
    wait_until(lambda: [a for a in heddle.json("approvals") if a["run_id"] == run_id], 30, "it waits")

    heddle("cancel", run_id, "--reason", "changed my mind")
    ended = heddle("tail", run_id, check=False)

    assert ended.returncode == Exit.FAILED
    assert "cancelled" in ended.stdout


def test_an_input_that_breaks_the_schema_is_refused_in_a_sentence(heddle: Cli) -> None:
    refused = heddle("run", str(EXAMPLES / "approval.yaml"), "-i", "amount=much", check=False)

    assert refused.returncode == Exit.REFUSED
    assert "amount" in refused.stderr
    assert "correlation id" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_unknown_run_is_refused_in_a_sentence(heddle: Cli) -> None:
    refused = heddle("tail", "01ARZ3NDEKTSV4RRFFQ69G5FAV", check=False)

    assert refused.returncode == Exit.REFUSED
    assert "not_found" in refused.stderr


def test_a_run_s_history_is_chained_and_its_logs_are_found(heddle: Cli) -> None:
    run_id = heddle.json("run", str(EXAMPLES / "error_handling.yaml"))["id"]

    report = heddle.json("verify", run_id)
    logs = wait_until(lambda: heddle("logs", "--run", run_id).stdout, 20, "logs of the run")

    assert report["intact"] and report["commits"] >= 1
    assert run_id in logs


def test_the_list_of_runs_has_the_newest_first(heddle: Cli) -> None:
    orders = '{"orders": [{"item": "a", "price": 1, "count": 1}]}'
    run_id = heddle.json("run", str(EXAMPLES / "for_each.yaml"), "-i", orders)["id"]

    def listed() -> bool:
        runs = heddle.json("runs", "--workflow", "order-totals", "--limit", "5")
        return bool(runs) and runs[0]["id"] == run_id

    wait_until(listed, 20, "the run is at the top of the list")
