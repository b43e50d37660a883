"""`heddle batch` against the API in this process; the work of batches is done here."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heddle.testing.api import ApiStage
from heddle_sdk import Client
from heddle_sdk.batches import BatchGoesOn
from heddle_sdk.realtime import Message
from tests.unit.cli.conftest import Command
from tests.unit.heddle.runtime.api.test_batches import work


@pytest.fixture
def files(whole_stage: ApiStage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    def put(url: str, content: bytes, headers: dict[str, str], timeout: float) -> Any:
        key = url.removeprefix("memory:")
        whole_stage.ports.blobs.receive(key, content, media_type=headers["Content-Type"])
        return type("Answer", (), {"status_code": 200})

    monkeypatch.setattr("heddle_sdk.resources.httpx.put", put)
    (tmp_path / "loom.md").write_text("# Looms [old]\n\nA loom weaves cloth.\n")
    (tmp_path / "bad.json").write_text("{")
    return [str(tmp_path / "loom.md"), str(tmp_path / "bad.json")]


def test_files_are_handed_in_and_what_became_of_them_is_shown(
    heddle: Command, files: list[str], whole_stage: ApiStage
) -> None:
    assert heddle("batch", "list").output.startswith("no batches yet")
    batch = json.loads(heddle("batch", "submit", *files, "--name", "archive", "--json").output)["id"]
    work(whole_stage)

    listed, shown = heddle("batch", "list").output, heddle("batch", "show", batch).output
    items = heddle("batch", "items", batch).output
    failed = json.loads(heddle("batch", "items", batch, "--status", "failed", "--json").output)

    assert "archive" in listed and "partially_completed" in listed
    assert "batch items" in shown and "2 of 2 items done" in shown
    assert "Looms [old]" in items and "document_corrupt" in items
    assert [item["name"] for item in failed] == ["bad.json"]
    assert json.loads(heddle("batch", "result", batch, "1").output)["result"]["title"] == "Looms [old]"


def test_a_batch_is_paused_resumed_cancelled_and_deleted(heddle: Command, files: list[str]) -> None:
    batch = json.loads(heddle("batch", "submit", *files, "--json").output)["id"]

    assert "paused" in heddle("batch", "pause", batch).output
    assert "pending" in heddle("batch", "resume", batch).output
    assert "cancelled" in heddle("batch", "cancel", batch).output
    assert "is deleted" in heddle("batch", "delete", batch).output
    assert heddle("batch", "show", batch).exit_code != 0


def test_addresses_are_one_to_a_line(heddle: Command, tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("https://acme.example/a\n\n  https://acme.example/b  \n")

    batch = json.loads(heddle("batch", "submit", "--urls", str(tmp_path / "urls.txt"), "--json").output)

    assert batch["source"] == {"urls": 2}


@pytest.mark.parametrize("words", [(), ("--prefix", "a", "--urls", __file__)])
def test_exactly_one_source_is_asked_for(heddle: Command, words: tuple[str, ...]) -> None:
    answer = heddle("batch", "submit", *words)

    assert answer.exit_code == 2 and "--prefix" in answer.output


def test_waiting_ends_with_the_batch_or_with_the_time(client: Client, whole_stage: ApiStage, files: list[str]) -> None:
    batch = client.batches.submit("analyze", items=[{"content": "Looms."}])
    with pytest.raises(BatchGoesOn):
        client.batches.wait(batch.id, 0)
    work(whole_stage)

    assert client.batches.wait(batch.id, 0).status == "completed"
    assert [frame.event for frame in client.batches.poll(batch.id)] == ["batch.completed"]


class Told:
    """A connection over which these messages come, and then nothing."""

    def __init__(self, *messages: Message) -> None:
        self.waiting = list(messages)

    def subscribe(self, *topics: str, after: int | None = None) -> None:
        assert topics[0].startswith("batch:") and after == 0

    def messages(self, *, timeout: float | None = None) -> Iterator[Message]:
        while self.waiting:
            yield self.waiting.pop(0)


def test_of_a_batch_that_ended_long_ago_comes_its_end(client: Client, whole_stage: ApiStage) -> None:
    batch = client.batches.submit("analyze", items=[{"content": "Looms."}])
    work(whole_stage)
    live: Any = Told()

    (frame,) = client.batches.follow(batch.id, live)

    assert (frame.event, frame.ends, frame.data["succeeded"]) == ("batch.completed", True, 1)


def test_what_was_overtaken_is_left_out(client: Client) -> None:
    def message(seq: int, event: str, succeeded: int) -> Message:
        payload = {"event": event, "succeeded": succeeded, "failed": 0}
        return Message("Broadcast", "batch:b1", seq, {"payload": payload})

    said = [(1, "batch.progress", 1), (2, "batch.progress", 3), (3, "batch.progress", 2), (4, "batch.completed", 4)]
    live: Any = Told(Message("Broadcast", "batch:other", 9, {}), *(message(*each) for each in said))

    assert [frame.done for frame in client.batches.follow("b1", live)] == [1, 3, 4]
