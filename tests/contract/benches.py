"""Ports that are not tables, each with how a test looks behind it: in memory, and on AWS (moto, or the emulator)."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from heddle.adapters.aws.bus import EventBridgeBus
from heddle.adapters.aws.identity import CognitoTokenIssuer
from heddle.adapters.aws.orchestrator import StepFunctionsOrchestrator
from heddle.adapters.aws.queue import SqsTaskQueue
from heddle.adapters.aws.secrets import SecretsManagerSecrets
from heddle.adapters.aws.waker import StepFunctionsWaker
from heddle.adapters.memory.bus import MemoryEventBus
from heddle.adapters.memory.execution import MemoryOrchestrator, MemoryTaskQueue, MemoryWaker, Sent
from heddle.adapters.memory.identity import MemoryUserPool
from heddle.adapters.memory.secrets import MemorySecrets
from heddle.application.execution.step import RunRef
from heddle.application.identity.ports import TokenIssuer
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.callbacks import Waker
from heddle.application.ports.dispatch import Orchestrator, TaskQueue
from heddle.application.ports.events import EventBus
from heddle.application.ports.secrets import Secrets
from heddle.domain.events.chain import envelope
from heddle.runtime.clock import now

Clients = Callable[[str], Any]
LOOKS = 40
"""How often a queue is asked, a second at a time, before what should have arrived counts as lost."""
SENT_LOOKS = 3
"""The same for what was sent a moment ago, and may not have been sent at all."""


# --- executions


class SentBy(Protocol):
    """Takes what was sent with a priority."""

    def __call__(self, priority: str = "normal") -> list[tuple[RunRef, str]]:
        """Return and remove it."""
        ...


@dataclass(frozen=True)
class ExecutionBench:
    """Orchestrator, queue and waker; what was started and stopped by name, and what was sent, by priority."""

    orchestrator: Orchestrator
    queue: TaskQueue
    waker: Waker
    started: Callable[[], list[str]]
    stopped: Callable[[], list[str]]
    sent: "SentBy"


def executions_in_memory() -> ExecutionBench:
    """Return a bench in memory."""
    orchestrator, queue = MemoryOrchestrator(), MemoryTaskQueue()
    taken: list[Sent] = []

    def sent(priority: str = "normal") -> list[tuple[RunRef, str]]:
        taken.extend(queue.take())
        found = [message for message in taken if message.priority == priority]
        taken[:] = [message for message in taken if message.priority != priority]
        return [(message.run, message.reason) for message in found]

    return ExecutionBench(
        orchestrator,
        queue,
        MemoryWaker(),
        lambda: list(orchestrator.started),
        lambda: list(orchestrator.stopped),
        sent,
    )


@contextmanager
def executions_on_aws(clients: Clients) -> Iterator[ExecutionBench]:
    """Make a queue and a machine whose executions wait until they are stopped."""
    states, sqs, name = clients("stepfunctions"), clients("sqs"), f"contract-{uuid.uuid4().hex[:8]}"
    urls = {
        priority: sqs.create_queue(QueueName=f"{name}-{priority}")["QueueUrl"] for priority in ("high", "normal", "low")
    }
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    machine = states.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/run"
    )["stateMachineArn"]

    def executions(*status: str) -> list[dict[str, Any]]:
        found = states.list_executions(stateMachineArn=machine)["executions"]
        return [each for each in found if not status or each["status"] in status]

    def sent(priority: str = "normal") -> list[tuple[RunRef, str]]:
        messages = take(sqs, urls[priority], 1, attributes=["MessageGroupId"], looks=SENT_LOOKS)
        bodies = [json.loads(message["Body"]) for message in messages]
        groups = [message["Attributes"]["MessageGroupId"] for message in messages]
        assert groups == [body["run"]["tenant"] for body in bodies], "the queue is fair by tenant"
        return [(body["run"], body["reason"]) for body in bodies]

    yield ExecutionBench(
        StepFunctionsOrchestrator(states, {"standard": machine, "express": machine}, {"http": "arn:http"}),
        SqsTaskQueue(sqs, urls["normal"], urls),
        StepFunctionsWaker(states),
        lambda: [each["name"] for each in executions()],
        lambda: [each["name"] for each in executions("ABORTED")],
        sent,
    )
    for each in executions("RUNNING"):
        states.stop_execution(executionArn=each["executionArn"])
    states.delete_state_machine(stateMachineArn=machine)
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)


def take(
    sqs: Any, url: str, count: int, *, attributes: list[str] | None = None, looks: int = LOOKS
) -> list[dict[str, Any]]:
    """Receive and delete messages until there are `count` of them, or as many as there are."""
    messages: list[dict[str, Any]] = []
    for _ in range(looks):
        if len(messages) >= count:
            break
        reply = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageSystemAttributeNames=attributes or []
        )
        for message in reply.get("Messages", ()):
            messages.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages


# --- bus


@dataclass(frozen=True)
class BusBench:
    """A bus, its subscriber, and a bus that takes nothing. `arrived(n)` waits for n envelopes and returns them."""

    bus: EventBus
    arrived: Callable[[int], list[dict[str, Any]]]
    down: EventBus


def bus_in_memory() -> BusBench:
    """Return a bench in memory."""
    bus = MemoryEventBus()
    return BusBench(
        bus, lambda _count: [envelope(event) for event in bus.published], MemoryEventBus(refuse=lambda _event: "down")
    )


@contextmanager
def bus_on_aws(clients: Clients, nowhere: Clients, blobs: BlobStore) -> Iterator[BusBench]:
    """Make a bus with a rule to a queue, as the stage's consumers have; `nowhere` makes clients that reach nobody."""
    events, sqs, name = clients("events"), clients("sqs"), f"contract-{uuid.uuid4().hex[:8]}"
    events.create_event_bus(Name=name)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["heddle"], "detail": {"stream": {"type": ["run"]}}}
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])

    def arrived(count: int) -> list[dict[str, Any]]:
        bodies = [json.loads(message["Body"]) for message in take(sqs, url, count)]
        assert all(body["detail-type"] == body["detail"]["type"] for body in bodies)
        return [body["detail"] for body in bodies]

    yield BusBench(EventBridgeBus(events, name, blobs), arrived, EventBridgeBus(nowhere("events"), name, blobs))
    events.remove_targets(Rule=name, EventBusName=name, Ids=["queue"])
    events.delete_rule(Name=name, EventBusName=name)
    events.delete_event_bus(Name=name)
    sqs.delete_queue(QueueUrl=url)


# --- secrets


@dataclass(frozen=True)
class SecretsBench:
    """Secrets, and how their owner creates (tenant, name, value) and deletes them (tenant, name)."""

    secrets: Secrets
    create: Callable[[str, str, str], object]
    delete: Callable[[str, str], object]


def secrets_in_memory() -> SecretsBench:
    """Return a bench in memory."""
    values: dict[tuple[str, str], str] = {}
    return SecretsBench(
        MemorySecrets(values),
        lambda tenant, name, value: values.update({(tenant, name): value}),
        lambda tenant, name: values.pop((tenant, name)),
    )


def secrets_on_aws(clients: Clients) -> SecretsBench:
    """Return a bench on Secrets Manager, under a prefix of its own."""
    manager, prefix = clients("secretsmanager"), f"contract-{uuid.uuid4().hex[:8]}/stage"
    return SecretsBench(
        SecretsManagerSecrets(manager, f"{prefix}/"),
        lambda tenant, name, value: manager.create_secret(Name=f"{prefix}/{tenant}/{name}", SecretString=value),
        # As the console does it: for a week it can be restored, but not be read.
        lambda tenant, name: manager.delete_secret(SecretId=f"{prefix}/{tenant}/{name}", RecoveryWindowInDays=7),
    )


# --- users


@dataclass(frozen=True)
class Pool:
    """An issuer, and how to add a user (name, password, temporary) to it."""

    issuer: TokenIssuer
    add: Callable[[str, str, bool], object]


def pool_in_memory() -> Pool:
    """Return a bench in memory."""
    memory = MemoryUserPool("https://issuer", "client", now)
    return Pool(memory, lambda name, password, once: memory.add_user(name, password, tenant="t", temporary=once))


@contextmanager
def pool_on_aws(clients: Clients) -> Iterator[Pool]:
    """Make a user pool with a client that exchanges each refresh token once."""
    cognito = clients("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName=f"contract-{uuid.uuid4().hex[:8]}")["UserPool"]["Id"]
    made = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="contract",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        EnableTokenRevocation=True,
    )["UserPoolClient"]

    def add(name: str, password: str, once: bool) -> None:
        cognito.admin_create_user(UserPoolId=pool_id, Username=name, TemporaryPassword=password)
        if not once:
            cognito.admin_set_user_password(UserPoolId=pool_id, Username=name, Password=password, Permanent=True)

    yield Pool(CognitoTokenIssuer(cognito, made["ClientId"]), add)
    cognito.delete_user_pool(UserPoolId=pool_id)
