"""The workers that run functions, and patches that notice when they no longer fit."""

import io
import queue
import sys
import types
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from heddle.adapters.models.stage import STAGE_VARIABLES
from heddle_cli.stage.emulated import scheduled
from heddle_cli.stage.emulated.python_worker import Process, environment, unpacked
from heddle_cli.stage.emulated.rewriting import PatchBroke, rewrite
from heddle_cli.stage.providers import VARIABLES

HANDLER = """
import os, sys
class MyError(Exception): pass
def handler(event, context):
    if event.get("raise"): raise MyError("on purpose")
    if event.get("exit"): os._exit(3)
    print("a line", event)
    return {"got": event, "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0}
"""


def started(folder: Path, source: str, layers: list[Path] | None = None) -> Process:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "handler.py").write_text(source)
    init = {
        "code": str(folder), "layers": [str(layer) for layer in layers or []], "handler": "handler.handler",
        "function_name": "f", "version": "$LATEST", "memory": 128, "log_group": "g", "log_stream": "s",
    }  # fmt: skip
    return Process(sys.executable, {"PATH": "/usr/bin:/bin"}, init)


def call(process: Process, event: dict[str, Any], request_id: str = "r1") -> dict[str, Any] | None:
    process.send({"event": event, "ctx": {"request_id": request_id, "timeout": 5, "invoked_function_arn": "arn"}})
    return process.reply(10)


def test_a_function_answers_and_its_log_ends_where_the_invocation_ends(tmp_path: Path) -> None:
    process = started(tmp_path / "f", HANDLER)
    try:
        ready = process.reply(20)
        first = call(process, {"n": 1}, "r1")
        log = process.log_lines("r1")
        second = call(process, {"n": 2}, "r2")

        assert ready is not None and ready["status"] == "ready"
        assert first == {"status": "ok", "result": {"got": {"n": 1}, "id": "r1", "left": True}}
        assert log == "a line {'n': 1}"
        assert second is not None and second["result"]["got"] == {"n": 2}
    finally:
        process.end()


def test_an_exception_keeps_its_class_and_the_process_lives_on(tmp_path: Path) -> None:
    process = started(tmp_path / "f", HANDLER)
    try:
        process.reply(20)
        failure = call(process, {"raise": True})
        after = call(process, {"n": 1})

        assert failure is not None
        assert failure["error_payload"]["errorType"] == "MyError"
        assert failure["error_payload"]["errorMessage"] == "on purpose"
        assert "handler.py" in "".join(failure["error_payload"]["stackTrace"])
        assert after is not None and after["status"] == "ok"
    finally:
        process.end()


def test_a_process_that_dies_is_noticed_at_once(tmp_path: Path) -> None:
    process = started(tmp_path / "f", HANDLER)
    try:
        process.reply(20)

        assert call(process, {"exit": True}) is None
    finally:
        process.end()


def test_an_import_error_is_reported_with_its_class(tmp_path: Path) -> None:
    process = started(tmp_path / "f", "import nowhere_to_be_found")
    try:
        ready = process.reply(20)

        assert ready is not None
        assert ready["error_payload"]["errorType"] == "ModuleNotFoundError"
    finally:
        process.end()


def test_a_function_s_own_code_comes_before_its_layers(tmp_path: Path) -> None:
    (tmp_path / "layer" / "python").mkdir(parents=True)
    (tmp_path / "layer" / "python" / "handler.py").write_text("def handler(event, context): return 'layer'")
    (tmp_path / "layer" / "python" / "only_in_layer.py").write_text("VALUE = 7")
    source = "import only_in_layer\ndef handler(event, context): return only_in_layer.VALUE"
    process = started(tmp_path / "f", source, [tmp_path / "layer"])
    try:
        process.reply(20)

        assert call(process, {}) == {"status": "ok", "result": 7}
    finally:
        process.end()


def test_no_answer_in_time_is_no_answer(tmp_path: Path) -> None:
    process = started(tmp_path / "f", "import threading\ndef handler(e, c): threading.Event().wait(30)")
    try:
        process.reply(20)
        process.send({"event": {}, "ctx": {"request_id": "r", "timeout": 1, "invoked_function_arn": ""}})

        with pytest.raises(queue.Empty):
            process.reply(0.2)
    finally:
        process.end()


def test_the_environment_of_a_function_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "4711")
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    config = {"FunctionName": "f", "Runtime": "python3.13", "Environment": {"Variables": {"STAGE": "local"}}}

    env = environment(config, {"AWS_ACCESS_KEY_ID": "a"}, "us-east-1", tmp_path)

    assert "VIRTUAL_ENV" not in env and "GATEWAY_PORT" not in env
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4711"
    assert env["OPENAI_API_KEY"] == "sk-test"
    assert env["STAGE"] == "local"


def test_a_function_sees_what_its_stage_says_of_model_providers() -> None:
    assert set(STAGE_VARIABLES) <= set(VARIABLES)


def test_the_same_archive_is_unpacked_once(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("python/a.py", "A = 1")

    first, second = unpacked(archive.getvalue(), tmp_path), unpacked(archive.getvalue(), tmp_path)

    assert first == second
    assert (first / "python" / "a.py").read_text() == "A = 1"


def test_a_patch_that_does_not_fit_says_which_one_it_is(tmp_path: Path) -> None:
    (tmp_path / "patched_module.py").write_text("def answer():\n    return 1 + 1\n")
    module = types.ModuleType("patched_module")
    source = tmp_path / "patched_module.py"
    exec(compile(source.read_text(), str(source), "exec"), module.__dict__)

    rewrite(module, "answer", {"1 + 1": "3"}, patch="sums")

    assert module.answer() == 3
    fresh = types.ModuleType("patched_module")
    exec(compile(source.read_text(), str(source), "exec"), fresh.__dict__)
    with pytest.raises(PatchBroke, match=r"'sums' does not fit .* 0 times"):
        rewrite(fresh, "answer", {"2 + 2": "5"}, patch="sums")
    with pytest.raises(PatchBroke, match="gone"):
        rewrite(fresh, "absent", {}, patch="sums")


def test_a_schedule_is_due_in_its_own_zone_and_its_target_is_told_when() -> None:
    berlin = {"ScheduleExpressionTimezone": "Europe/Berlin"}
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)

    def next_noon(_: Any, after: datetime) -> datetime:
        return after.replace(hour=12, minute=0) + timedelta(days=after.hour >= 12)

    due = scheduled.following(next_noon, None, noon, berlin)

    assert scheduled.local(noon.timestamp(), berlin) == (noon - timedelta(hours=2)).timestamp()
    assert scheduled.local(None, berlin) is None
    assert due == datetime(2026, 7, 2, 10, tzinfo=UTC)
    told = scheduled.told({"Arn": "a", "Input": '{"at": "<aws.scheduler.scheduled-time>"}'}, noon.timestamp())
    assert told["Input"] == '{"at": "2026-07-01T12:00:00Z"}'
