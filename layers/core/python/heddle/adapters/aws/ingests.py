"""Executions of the machines that ingest documents and make vectors anew, by Step Functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.application.ports.ingests import IngestJob


@dataclass(frozen=True)
class StepFunctionsIngests:
    """An Ingests. An execution of that name that exists already is the one that was meant."""

    client: Any
    machine: str

    def start(self, job: IngestJob) -> None:
        _start(self.client, self.machine, job.id, {"job": job.to_json()})


@dataclass(frozen=True)
class StepFunctionsReembeds:
    """A Reembeds."""

    client: Any
    machine: str

    def start(self, tenant: str, name: str, state: Mapping[str, Any]) -> None:
        _start(self.client, self.machine, name, dict(state) | {"tenant": tenant})


def _start(client: Any, machine: str, name: str, value: Mapping[str, Any]) -> None:
    try:
        call(client.start_execution, stateMachineArn=machine, name=name, input=orjson.dumps(value).decode())
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
