"""Webhooks to tenants' servers: the queue they wait in, and the function that sends them.

whoever has something to tell ─► queue, fair between tenants ─► deliver ─► the tenant's server
                                   ▲                               │
                                   └── not taken: later, again ────┴── given up ─► dead letters of the tenant
"""

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.constructs.grants import read_table, send_messages, write_table
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_with_dead_letters import KEEPING_TIME, KEPT_ATTEMPTS, QueueWithDeadLetters
from infra.stacks.base import HeddleStack
from infra.stacks.data import DataStack
from infra.stages import Stage

# A receiver has fifteen seconds to answer; the rest is for the start of a function and two rows.
DELIVERY_TIME = Duration.seconds(30)


class WebhooksStack(HeddleStack):
    """`given_up` are those that broke on our side: the engine's function shows them to their tenants."""

    def __init__(self, scope: Construct, *, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, "Webhooks", stage=stage, description="Heddle: webhooks to tenants' servers")
        self.data, self.key, self.alarms = data, data.imported_key(self), data.alarms
        given_up = QueueWithDeadLetters(
            self,
            "GivenUp",
            handled_within=KEEPING_TIME,
            key=self.key,
            alarms=self.alarms,
            attempts=KEPT_ATTEMPTS,
        )
        self.given_up, self.given_up_dead_letters = given_up.queue, given_up.dead_letters
        self.alarms.arriving(self.given_up, "GivenUpAlarm")
        self.queue = QueueWithDeadLetters(
            self,
            "Deliveries",
            handled_within=DELIVERY_TIME,
            key=self.key,
            alarms=self.alarms,
            dead_letters=self.given_up,
        ).queue
        self.alarms.waiting(self.queue, "WaitingAlarm", limit=Duration.minutes(15))
        self._deliver()
        self.output("WebhookQueueUrl", self.queue.queue_url)
        self.output("WebhooksGivenUpUrl", self.given_up.queue_url)
        self.output("WebhookDeadLettersUrl", self.given_up_dead_letters.queue_url)
        self.output_functions()

    def webhook_environment(self) -> dict[str, str]:
        """Return what a function that sends webhooks is told; `let_send` lets it."""
        return {"WEBHOOK_QUEUE_URL": self.queue.queue_url}

    def let_send(self, function: PythonFunction) -> None:
        """Let the function put webhooks into the queue."""
        send_messages(function, self.queue)

    def _deliver(self) -> None:
        function = self.function(
            "DeliverWebhooks",
            "webhooks/deliver",
            ("core", "base"),
            environment={
                **self.data.data_environment(),
                **self.webhook_environment(),
                "HOOK_KEY_SECRET": self.data.hook_key.secret_arn,
                "HTTP_ALLOWED_HOSTS": ",".join(self.stage.http_allowed_hosts),
            },
            timeout=DELIVERY_TIME,
        )
        read_table(function, self.data.catalog)  # how often the tenant made its secret anew
        write_table(function, self.data.runs)  # dead letters
        function.allow(["secretsmanager:GetSecretValue"], self.data.hook_key.secret_arn)
        self.let_send(function)
        # One at a time: a receiver that does not answer must not make the webhooks of others wait behind it.
        function.add_event_source(
            sources.SqsEventSource(
                self.queue,
                batch_size=1,
                max_concurrency=max(2, self.stage.dispatch_concurrency),
                report_batch_item_failures=True,
            )
        )
