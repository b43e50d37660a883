"""Foreign errors of Step Functions come out as ours, or as the bugs they are."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from heddle.adapters.aws.orchestrator import StepFunctionsOrchestrator
from heddle.adapters.aws.waker import StepFunctionsWaker
from heddle.application.execution.step import Work
from heddle.errors import UpstreamUnavailable

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:run"
WORK: Work = {
    "run": {"tenant": "acme", "id": "r", "correlation_id": "c"},
    "strand": {"id": "0", "until": None, "level": 0, "events_left": 9},
    "do": "start",
}


class Failing:
    """A client whose every operation fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def operation(**_arguments: Any) -> Any:
            raise self._error

        return operation


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


def orchestrator(error: Exception) -> StepFunctionsOrchestrator:
    return StepFunctionsOrchestrator(Failing(error), {"standard": MACHINE}, {})


def test_a_name_that_ran_with_other_input_is_still_the_run_that_was_meant() -> None:
    arn = orchestrator(refused("ExecutionAlreadyExists")).start("r", WORK, mode="standard")

    assert arn == "arn:aws:states:eu-central-1:123456789012:execution:run:r"


@pytest.mark.parametrize(
    "error", [refused("ThrottlingException"), ConnectTimeoutError(endpoint_url="https://states")], ids=str
)
def test_a_service_that_does_not_answer_is_worth_another_try(error: Exception) -> None:
    with pytest.raises(UpstreamUnavailable):
        orchestrator(error).start("r", WORK, mode="standard")
    with pytest.raises(UpstreamUnavailable):
        orchestrator(error).stop("r", cause="enough")
    with pytest.raises(UpstreamUnavailable):
        StepFunctionsWaker(Failing(error)).wake("token")


def test_a_missing_permission_shows_as_itself() -> None:
    with pytest.raises(ClientError):
        orchestrator(refused("AccessDeniedException")).start("r", WORK, mode="standard")


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_token_that_is_gone_is_fine(code: str) -> None:
    StepFunctionsWaker(Failing(refused(code))).wake("token")
