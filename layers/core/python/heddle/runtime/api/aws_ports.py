"""The API's ports on AWS: each adapter and each client made at its first use."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from heddle.runtime.batch_settings import BatchSettings
from heddle.runtime.clients import client
from heddle.runtime.database import DatabaseSettings
from heddle.runtime.limits import LimitSettings, tenant_limits_of
from heddle.runtime.stores import Stores
from heddle.runtime.task_queue import QueueSettings, task_queue_of
from heddle.runtime.webhooks import deliveries_of

if TYPE_CHECKING:
    from heddle.application.execution.step import Step, Work
    from heddle.application.execution.strand import StrandRunner
    from heddle.application.identity.ports import ApiKeyStore, TokenIssuer
    from heddle.application.models.answer import AskModel, EmbedTexts
    from heddle.application.ports.batches import BatchFiles, BatchQueue, BatchStore
    from heddle.application.ports.callbacks import Waker
    from heddle.application.ports.dispatch import Orchestrator, TaskQueue
    from heddle.application.ports.documents import DocumentStore
    from heddle.application.ports.ingests import Ingests, Reembeds
    from heddle.application.ports.limits import TenantLimits
    from heddle.application.ports.originals import Originals
    from heddle.application.ports.plugins import PluginRunner, Sandbox
    from heddle.application.ports.rates import RateStore
    from heddle.application.ports.rules import RuleStore
    from heddle.application.ports.runs import RunStore
    from heddle.application.ports.topics import TopicLog
    from heddle.application.ports.triggers import Schedules
    from heddle.application.ports.webhooks import Deliveries
    from heddle.application.realtime.people import People
    from heddle.application.triggers.put_events import CustomEvents
    from heddle.runtime.api.ports import HealthCheck
    from heddle.runtime.batches import Batches

LINK_SECONDS = 300


@dataclass(frozen=True)
class RestSettings(DatabaseSettings, QueueSettings, BatchSettings, LimitSettings):
    """The environment of the API function. CORS_ORIGINS: comma list of origins, or `*`; empty is none.

    The database and its machines are known to the function that answers for documents only.
    """

    task_queue_url: str = ""
    batches_table: str = ""
    analyze_batch_queue_url: str = ""
    ingest_batch_queue_url: str = ""
    webhook_queue_url: str = ""
    connections_table: str = ""
    event_bus: str = ""
    standard_state_machine_arn: str = ""
    user_pool_id: str = ""
    user_pool_client_id: str = ""
    stage: str = "local"
    version: str = "0.0.0"
    schedule_group: str = ""
    schedule_role_arn: str = ""
    timer_queue_arn: str = ""
    timer_dead_letters_arn: str = ""
    default_provider: str = "extractive"
    cors_origins: tuple[str, ...] = ()
    http_allowed_hosts: tuple[str, ...] = ()
    ingest_state_machine_arn: str = ""
    reembed_state_machine_arn: str = ""
    plugin_function: str = ""


class AwsPorts(Stores):
    """The stores of the stage, and what else the API talks to."""

    def __init__(self, settings: RestSettings) -> None:
        super().__init__(settings)
        self._rest = settings

    @cached_property
    def runs(self) -> "RunStore":
        """The read model of runs."""
        from heddle.adapters.aws.runs import DynamoRunStore

        return DynamoRunStore(client("dynamodb"), self._rest.runs_table)

    @cached_property
    def topics(self) -> "TopicLog":
        """Live output, to be read: by the client that the other tables are read with."""
        from heddle.adapters.aws.topics import DynamoTopicLog

        return DynamoTopicLog(client("dynamodb"), self._rest.realtime_table)

    @cached_property
    def schedules(self) -> "Schedules":
        """The scheduler behind timers."""
        from heddle.adapters.aws.schedules import SchedulerSchedules

        rest = self._rest
        return SchedulerSchedules(
            client("scheduler"),
            rest.schedule_group,
            rest.timer_queue_arn,
            rest.timer_dead_letters_arn,
            rest.schedule_role_arn,
        )

    @cached_property
    def custom_events(self) -> "CustomEvents":
        """The bus, for events of tenants."""
        from heddle.adapters.aws.custom_events import EventBridgeCustomEvents

        return EventBridgeCustomEvents(client("events"), self._rest.event_bus)

    @cached_property
    def deliveries(self) -> "Deliveries":
        """The queue of webhooks."""
        return deliveries_of(self._rest)

    @cached_property
    def people(self) -> "People":
        """What is between people; what it publishes goes the way of all topics."""
        from heddle.adapters.aws.connections import DynamoConnectionStore
        from heddle.adapters.aws.subscriptions import DynamoSubscriptionStore
        from heddle.application.realtime.publish import Publish
        from heddle.runtime.clock import new_id, now
        from heddle.runtime.people import people

        dynamo, table = client("dynamodb"), self._rest.connections_table
        subscriptions = DynamoSubscriptionStore(dynamo, table, time.time, time.sleep)
        publish = Publish(self.topics, subscriptions, new_id, now)
        return people(table, publish, DynamoConnectionStore(dynamo, table))

    @cached_property
    def rules(self) -> "RuleStore":
        """Rules for what clients send."""
        from heddle.adapters.aws.rules import DynamoRuleStore

        return DynamoRuleStore(client("dynamodb"), self._rest.connections_table)

    @cached_property
    def queue(self) -> "TaskQueue":
        """The task queue."""
        return task_queue_of(self._rest)

    @cached_property
    def limits(self) -> "TenantLimits":
        """What tenants may do."""
        return tenant_limits_of(self._rest)

    @cached_property
    def rates(self) -> "RateStore":
        """How fast runs begin."""
        from heddle.adapters.aws.rates import DynamoRateStore

        return DynamoRateStore(client("dynamodb"), self._rest.runs_table)

    @cached_property
    def orchestrator(self) -> "Orchestrator":
        """Executions, to be looked at; the task queue's function is the one that starts them."""
        from heddle.adapters.aws.orchestrator import StepFunctionsOrchestrator

        machines = {"standard": self._rest.standard_state_machine_arn}
        return StepFunctionsOrchestrator(client("stepfunctions"), machines, {})

    @cached_property
    def waker(self) -> "Waker":
        """What wakes waiting executions."""
        from heddle.adapters.aws.waker import StepFunctionsWaker

        return StepFunctionsWaker(client("stepfunctions"))

    @cached_property
    def tokens(self) -> "TokenIssuer":
        """The user pool."""
        from heddle.adapters.aws.identity import CognitoTokenIssuer

        return CognitoTokenIssuer(client("cognito-idp"), self._rest.user_pool_client_id)

    @cached_property
    def api_keys(self) -> "ApiKeyStore":
        """API keys."""
        from heddle.adapters.aws.api_keys import DynamoApiKeyStore

        return DynamoApiKeyStore(client("dynamodb"), self._rest.catalog_table)

    # batches

    @cached_property
    def batches(self) -> "BatchStore":
        """Batches."""
        return self._batches.store

    @cached_property
    def batch_files(self) -> "BatchFiles":
        """Files of batches."""
        return self._batches.files

    @cached_property
    def batch_queue(self) -> "BatchQueue":
        """The queues of their workers."""
        return self._batches.queue

    @cached_property
    def _batches(self) -> "Batches":
        from heddle.runtime.batches import Batches

        return Batches(self._rest, self)

    # documents

    @cached_property
    def documents(self) -> "DocumentStore":
        """Documents, chunks and vectors."""
        from heddle.runtime.content import document_store_of

        return document_store_of(self._rest)

    @cached_property
    def originals(self) -> "Originals":
        """Files of documents."""
        from heddle.runtime.content import originals_of

        return originals_of(self._rest.payload_bucket)

    @cached_property
    def ingests(self) -> "Ingests":
        """What reads documents."""
        from heddle.adapters.aws.ingests import StepFunctionsIngests

        return StepFunctionsIngests(client("stepfunctions"), self._rest.ingest_state_machine_arn)

    @cached_property
    def reembeds(self) -> "Reembeds":
        """What makes vectors anew."""
        from heddle.adapters.aws.ingests import StepFunctionsReembeds

        return StepFunctionsReembeds(client("stepfunctions"), self._rest.reembed_state_machine_arn)

    @cached_property
    def embed_texts(self) -> "EmbedTexts":
        """What embeds questions."""
        from heddle.runtime.content import embed_texts_of

        return embed_texts_of(self, self._rest.default_provider)

    @property
    def sandbox(self) -> "Sandbox":
        """The sandbox of plugins, where the layer `wasm` is."""
        from heddle.runtime.plugins import sandbox

        return sandbox()

    @cached_property
    def plugin_runner(self) -> "PluginRunner":
        """What runs plugins, in a function of its own."""
        from heddle.adapters.aws.plugin_runner import LambdaPluginRunner

        return LambdaPluginRunner(client("lambda", patient=True), self._rest.plugin_function)

    @cached_property
    def ask_model(self) -> "AskModel":
        """What refines analyses."""
        from heddle.runtime.asking import ask_models_of

        return ask_models_of(self, self._rest.default_provider)

    @cached_property
    def _runner(self) -> "StrandRunner":
        from heddle.runtime.strands import strand_runner

        return strand_runner(self, in_process=True)

    def step(self, work: "Work", seconds_left: float) -> "Step":
        """Do a work of an inline run here; only cheap nodes are hosted."""
        return self._runner.step(work, seconds_left)

    def payload_link(self, tenant: str, key: str) -> str | None:
        """Return a link to the object that ends after five minutes; NotFound is S3's to say."""
        if not key.startswith(f"{tenant}/"):
            return None
        link: str = client("s3").generate_presigned_url(
            "get_object", Params={"Bucket": self._rest.payload_bucket, "Key": key}, ExpiresIn=LINK_SECONDS
        )
        return link

    @property
    def health_checks(self) -> "Mapping[str, HealthCheck]":
        """One small question per dependency. Clients are made here, in one thread: boto3 asks for that."""
        settings = self._rest
        dynamo, s3, sqs = client("dynamodb"), client("s3"), client("sqs")
        machine, bus, pool = client("stepfunctions"), client("events"), client("cognito-idp")

        def table(name: str) -> "HealthCheck":
            def ask() -> Any:
                # A read, not DescribeTable: it is what the API does, and needs no other permission.
                return dynamo.get_item(TableName=name, Key=_nothing(name == settings.event_table))

            return ask

        return {
            "event_store": table(settings.event_table),
            "catalog": table(settings.catalog_table),
            "runs": table(settings.runs_table),
            "bucket": lambda: s3.head_bucket(Bucket=settings.payload_bucket),
            "queue": lambda: sqs.get_queue_attributes(
                QueueUrl=settings.task_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
            ),
            "state_machine": lambda: machine.describe_state_machine(
                stateMachineArn=settings.standard_state_machine_arn
            ),
            "bus": lambda: bus.describe_event_bus(Name=settings.event_bus),
            "user_pool": lambda: pool.describe_user_pool(UserPoolId=settings.user_pool_id),
        }


def _nothing(numbered: bool) -> dict[str, Any]:
    """Return the key of an item that does not exist."""
    return {"pk": {"S": "health"}, "sk": {"N": "0"} if numbered else {"S": "health"}}
