"""Limits from AppConfig: read again, and kept when what comes is no good."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from heddle.adapters.aws.limits import POLL_SECONDS, AppConfigLimits
from heddle.domain.limits import Limits


@dataclass
class AppConfigData:
    """As much of the service as a reader sees: each token is good for one call, and content comes once."""

    content: bytes = b""
    fails: Exception | None = None
    valid: str = ""
    calls: list[str] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    _served: bytes | None = None

    def start_configuration_session(self, **asked: Any) -> dict[str, str]:
        self._raise()
        self.sessions.append(asked)
        self.valid, self._served = f"session-{len(self.sessions)}", None
        return {"InitialConfigurationToken": self.valid}

    def get_latest_configuration(self, *, ConfigurationToken: str) -> dict[str, Any]:
        self._raise()
        if ConfigurationToken != self.valid:
            raise ClientError({"Error": {"Code": "BadRequestException"}}, "GetLatestConfiguration")
        self.calls.append(ConfigurationToken)
        self.valid = f"token-{len(self.calls)}"
        answer = b"" if self.content == self._served else self.content
        self._served = self.content
        return {"NextPollConfigurationToken": self.valid, "Configuration": io.BytesIO(answer)}

    def _raise(self) -> None:
        if self.fails is not None:
            raise self.fails


class Reader:
    """Limits over such a service, with a clock and what was reported."""

    def __init__(self, concurrent_runs: int) -> None:
        self.service, self.at, self.reports = AppConfigData(), 0.0, list[str]()
        self.put({"default": {"concurrent_runs": concurrent_runs}})
        self.limits = AppConfigLimits(lambda: self.service, "app/env/profile", lambda: self.at, self.reports.append)

    def put(self, document: Any) -> None:
        self.service.content = document if isinstance(document, bytes) else json.dumps(document).encode()

    def later(self) -> Limits:
        self.at += POLL_SECONDS
        return self.limits.of("acme")


def test_a_change_is_seen_at_the_next_look_and_nothing_is_asked_in_between() -> None:
    reader = Reader(5)
    first = reader.limits.of("acme")
    reader.put({"default": {"concurrent_runs": 5}, "tenants": {"acme": {"concurrent_runs": 9}}})
    for _ in range(10):
        assert reader.limits.of("acme") == first

    assert first.concurrent_runs == 5
    assert len(reader.service.calls) == 1
    assert reader.later().concurrent_runs == 9
    assert reader.limits.of("globex").concurrent_runs == 5
    assert len(reader.service.sessions) == 1


def test_what_has_not_changed_stays() -> None:
    reader = Reader(5)

    assert [reader.later().concurrent_runs for _ in range(3)] == [5, 5, 5]
    assert reader.reports == []


@pytest.mark.parametrize("bad", [b"{", b"[]", b'{"default": {"concurrent_runs": 0}}', b'{"defualt": {}}'])
def test_the_last_good_ones_are_kept_when_what_comes_is_invalid(bad: bytes) -> None:
    reader = Reader(5)
    reader.limits.of("acme")

    reader.put(bad)
    kept = reader.later()
    reader.put({"default": {"concurrent_runs": 6}})

    assert kept.concurrent_runs == 5
    assert len(reader.reports) == 1 and "last good" in reader.reports[0]
    assert reader.later().concurrent_runs == 6


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://nowhere"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetLatestConfiguration"),
    ],
)
def test_the_last_good_ones_are_kept_while_nobody_answers(error: Exception) -> None:
    reader = Reader(5)
    reader.limits.of("acme")

    reader.service.fails = error
    kept = reader.later()
    reader.service.fails = None
    reader.put({"default": {"concurrent_runs": 6}})

    assert kept.concurrent_runs == 5
    assert reader.later().concurrent_runs == 6


def test_without_a_first_answer_the_built_in_ones_hold() -> None:
    reader = Reader(5)
    reader.service.fails = EndpointConnectionError(endpoint_url="http://nowhere")

    assert reader.limits.of("acme") == Limits()


def test_a_sandbox_that_slept_longer_than_its_token_lives_begins_anew() -> None:
    reader = Reader(5)
    reader.limits.of("acme")
    reader.service.valid = "somebody else's"
    reader.put({"default": {"concurrent_runs": 6}})

    assert reader.later().concurrent_runs == 5
    assert reader.later().concurrent_runs == 6
    assert len(reader.service.sessions) == 2
