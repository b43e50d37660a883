"""Every line is JSON and says whose run it is about, whoever wrote it."""

import logging

import pytest

from heddle.application.execution.step import RunRef
from heddle.runtime.logging import bind
from tests.support.lambdas import Context, LogLines

RUN: RunRef = {"tenant": "acme", "id": "r-1", "correlation_id": "c-1"}


def test_a_line_carries_the_run_and_its_own_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LogLines(monkeypatch)

    bind(RUN, Context()).info("step", next="end", extra={"node": "a"})

    (line,) = lines.read()
    assert (line["tenant"], line["run_id"], line["correlation_id"]) == ("acme", "r-1", "c-1")
    assert (line["message"], line["next"], line["node"], line["request_id"]) == ("step", "end", "a", "request-1")
    assert line["location"].startswith("test_a_line_carries")


def test_the_next_invocation_forgets_the_last_ones_run(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LogLines(monkeypatch)

    bind(RUN).append_keys(principal="user:1")
    bind(None).info("idle")

    (line,) = lines.read()
    assert not line.keys() & {"tenant", "run_id", "principal"}


def test_what_lower_layers_log_is_about_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LogLines(monkeypatch)
    bind(RUN)

    logging.getLogger("heddle.application.execution.attempt").error("node %s crashed", "a")

    (line,) = lines.read()
    assert (line["message"], line["run_id"]) == ("node a crashed", "r-1")


def test_an_exception_comes_with_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LogLines(monkeypatch)

    try:
        raise KeyError("gone")
    except KeyError:
        bind(RUN).exception("a bug", at={1: object})

    (line,) = lines.read()
    assert line["exception_name"] == "KeyError"
    assert "test_an_exception_comes" in line["exception"]
