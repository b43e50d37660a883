"""Reading logs: a busy function's newest lines are read too."""

from collections.abc import Iterator
from typing import Any

import pytest

from heddle_cli.commands import logs


class Logs:
    """CloudWatch Logs as the emulator plays it: the oldest events of a time, and no token."""

    def __init__(self, times: list[int], limit: int) -> None:
        self.events: list[dict[str, Any]] = [
            {"logStreamName": "s", "timestamp": at, "message": f"{n}"} for n, at in enumerate(times)
        ]
        self.limit, self.asked = limit, 0

    def get_paginator(self, operation: str) -> "Logs":
        assert operation == "filter_log_events"
        return self

    def paginate(self, *, logGroupName: str, startTime: int) -> Iterator[dict[str, Any]]:
        self.asked += 1
        yield {"events": [event for event in self.events if event["timestamp"] >= startTime][: self.limit]}


@pytest.mark.parametrize("times", [[], [1, 2], [1, 2, 3], [1, 1, 2, 2, 3, 3, 4], list(range(20))])
def test_every_event_is_given_once_however_many_there_are(times: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FULL", 3)
    client = Logs(times, 3)

    found = [event["message"] for event in logs._events(client, "a group", 0)]

    assert found == [event["message"] for event in client.events]


def test_more_events_of_one_moment_than_an_answer_holds_do_not_go_on_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FULL", 3)
    client = Logs([5] * 9, 3)

    assert len(list(logs._events(client, "a group", 0))) == 3
    assert client.asked == 2
