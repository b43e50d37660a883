"""`heddle analyze` against the API in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from heddle.testing.api import ApiStage
from heddle_sdk import Client
from tests.unit.cli.conftest import Command


@pytest.fixture
def file(whole_stage: ApiStage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    def put(url: str, content: bytes, headers: dict[str, str], timeout: float) -> Any:
        key = url.removeprefix("memory:")
        whole_stage.ports.blobs.receive(key, content, media_type=headers["Content-Type"])
        return type("Answer", (), {"status_code": 200})

    monkeypatch.setattr("heddle_sdk.resources.httpx.put", put)
    path = tmp_path / "loom.md"
    path.write_text("# Looms [old]\n\nThe loom is a machine that Ada Lovelace loved. It is an excellent machine.\n")
    return path


def test_a_file_is_analysed_and_shown(heddle: Command, file: Path) -> None:
    shown = heddle("analyze", str(file))

    assert shown.exit_code == 0, shown.output
    assert "Looms [old]" in shown.output and "completed" in shown.output
    assert "Ada Lovelace" in shown.output and "Beginner" in shown.output


def test_json_is_the_whole_answer(heddle: Command, file: Path) -> None:
    found = json.loads(heddle("analyze", str(file), "--type", "text", "--json").output)

    assert found["media_type"] == "text/plain"
    assert found["sentiment"]["label"] == "positive"


def test_a_bad_file_is_a_sentence(heddle: Command, tmp_path: Path, file: Path) -> None:
    (tmp_path / "bad.json").write_text("{")

    told = heddle("analyze", str(tmp_path / "bad.json"))

    assert told.exit_code == 1
    assert "not valid JSON" in str(told.exception)


def test_the_sdk_takes_a_text_or_a_file(client: Client) -> None:
    found = client.analyze(text="Der Webstuhl ist eine Maschine, mit der man Tuch webt.", extract_concepts=False)

    assert found.language is not None and found.language["code"] == "de"
    assert found.concepts is None and found.summary is not None
    with pytest.raises(ValueError, match="either a file or a text"):
        client.analyze()
