"""Waking executions that wait for a task token, by Step Functions."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call

# A token is gone when it was used, when its time was over, or when its execution was stopped.
_GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


@dataclass(frozen=True)
class StepFunctionsWaker:
    """A Waker. The token carries no data: what happened is in the run's events."""

    client: Any

    def wake(self, token: str) -> None:
        try:
            call(self.client.send_task_success, taskToken=token, output="{}")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _GONE:
                raise
