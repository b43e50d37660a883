"""Executions of the run state machines, by Step Functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from heddle.application.execution.step import Work
from heddle.errors import UpstreamUnavailable

_BUSY = frozenset({"ThrottlingException", "ExecutionLimitExceeded", "ServiceUnavailable", "InternalServerError"})


@dataclass(frozen=True)
class StepFunctionsOrchestrator:
    """An Orchestrator. `machines` maps express and standard to state machine ARNs; `functions` goes into every input.

    A name belongs to one run for ever, so an execution that exists already is the one that was meant. Express
    executions may share a name: whoever starts one makes sure that the run has not begun.
    """

    client: Any
    machines: Mapping[str, str]
    functions: Mapping[str, str]

    def start(self, name: str, work: Work, *, mode: str) -> str:
        machine = self.machines[mode]
        text = orjson.dumps({"work": work, "functions": dict(self.functions)}).decode()
        try:
            reply = self.client.start_execution(stateMachineArn=machine, name=name, input=text)
        except ClientError as error:
            if _code(error) == "ExecutionAlreadyExists":
                return execution_arn(machine, name)
            raise _translated(error) from error
        except BotoCoreError as error:
            raise UpstreamUnavailable(f"Step Functions did not answer: {error}") from error
        return str(reply["executionArn"])

    def is_running(self, execution: str) -> bool | None:
        try:
            reply = self.client.describe_execution(executionArn=self._arn(execution), includedData="METADATA_ONLY")
        except ClientError as error:
            if _code(error) == "ExecutionDoesNotExist":
                return None
            raise _translated(error) from error
        except BotoCoreError as error:
            raise UpstreamUnavailable(f"Step Functions did not answer: {error}") from error
        return str(reply["status"]) in ("RUNNING", "PENDING_REDRIVE")

    def _arn(self, execution: str) -> str:
        return execution if execution.startswith("arn:") else execution_arn(self.machines["standard"], execution)

    def stop(self, execution: str, *, cause: str) -> None:
        """Stop a Standard execution by ARN or name. Its children end with it: it waits for them synchronously."""
        try:
            self.client.stop_execution(executionArn=self._arn(execution), error="RunEnded", cause=cause)
        except ClientError as error:
            ended = _code(error) == "ValidationException" and "not running" in str(error)
            if _code(error) != "ExecutionDoesNotExist" and not ended:
                raise _translated(error) from error
        except BotoCoreError as error:
            raise UpstreamUnavailable(f"Step Functions did not answer: {error}") from error


def execution_arn(machine: str, name: str) -> str:
    """Return the ARN of a Standard execution: the machine's, of the other resource type, with the name behind it."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _translated(error: ClientError) -> Exception:
    if _code(error) in _BUSY:
        return UpstreamUnavailable(f"Step Functions is busy: {_code(error)}", upstream_code=_code(error))
    return error
