"""Recorded histories add up to the recorded state, for ever. A file here is never changed, only added."""

import json
from pathlib import Path

import pytest

from heddle.testing.replay import record, recorded, replayed
from heddle.testing.run_workflow import run_workflow
from tests.support.graphs import cheap, plan_of

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def test_there_are_histories() -> None:
    assert len(HISTORIES) >= 10


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_recorded_history_gives_the_recorded_state(path: Path) -> None:
    recording = json.loads(path.read_text())

    assert replayed(recording) == recorded(recording)


def test_a_recording_survives_json() -> None:
    run = run_workflow(plan_of([cheap("a"), cheap("b")], [("a", "b")]))

    recording = json.loads(json.dumps(record(run)))

    assert replayed(recording) == recorded(recording) == run.state
