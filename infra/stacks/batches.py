"""The workers of batches: a queue for each operation, and what sees to tasks at which every worker failed.

POST /batches ─► queue of the operation ─► analyze_batch, ingest_batch ─┬─► the lane's next item, by the same queue
                          dead letters ─► keep_batch_item ──────────────┘
"""

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from heddle.domain.batches.batch import Operation
from infra.constructs.batch_queues import WORKING_TIME
from infra.constructs.grants import (
    send_messages,
    start_executions,
    use_batches,
    use_documents,
    write_table,
)
from infra.constructs.model_access import MODEL_LAYERS
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_with_dead_letters import KEEPING_TIME
from infra.stacks.base import HeddleStack
from infra.stacks.content import ContentStack
from infra.stacks.data import DataStack
from infra.stacks.webhooks import WebhooksStack


class Batches(Construct):
    """Part of the stack that has `run_plugins`, since no function is used across stacks; the queues are Content's."""

    def __init__(
        self,
        stack: HeddleStack,
        *,
        data: DataStack,
        content: ContentStack,
        webhooks: WebhooksStack,
        run_plugins: PythonFunction,
    ) -> None:
        super().__init__(stack, "Batches")
        self._stack, self._data, self._content, self._webhooks = stack, data, content, webhooks
        self.queues = content.batch_queues.by_operation
        self._analyze(run_plugins)
        self._ingest()
        keep = self._function("keep_batch_item", ("core", "base"), timeout=KEEPING_TIME)
        keep.add_event_source(
            sources.SqsEventSource(content.batch_queues.given_up, batch_size=10, report_batch_item_failures=True)
        )

    def environment(self) -> dict[str, str]:
        """Where batches are, and their queues."""
        urls = {f"{name.upper()}_BATCH_QUEUE_URL": queue.queue_url for name, queue in self.queues.items()}
        return {"BATCHES_TABLE": self._data.batches.table_name, **urls}

    def let_use(self, function: PythonFunction) -> None:
        """Let the function read and change batches, and ask workers; who it tells of it is granted elsewhere."""
        write_table(function, self._data.batches)
        use_batches(function, self._data.payloads)
        send_messages(function, *self.queues.values())

    def _analyze(self, run_plugins: PythonFunction) -> None:
        function = self._worker(
            "analyze",
            (*MODEL_LAYERS, "parse"),
            memory_size=1769,  # a whole processor
            PLUGIN_FUNCTION=run_plugins.function_name,
            **self._content.embedding_environment(),
        )
        function.allow_invoke(run_plugins)
        self._content.use_embeddings(function)  # a model refines what is asked for: as of embedding, under budgets
        write_table(function, self._data.runs)

    def _ingest(self) -> None:
        function = self._worker(
            "ingest",
            ("core", "base", "sql"),
            memory_size=1024,
            INGEST_STATE_MACHINE_ARN=self._content.ingest.state_machine_arn,
            **self._content.database_environment(),
        )
        self._content.use_database(function)
        use_documents(function, self._data.payloads)
        start_executions(function, self._content.ingest)

    def _worker(
        self, operation: Operation, layers: tuple[str, ...], *, memory_size: int, **environment: str
    ) -> PythonFunction:
        function = self._function(
            f"{operation}_batch",
            layers,
            timeout=WORKING_TIME,
            memory_size=memory_size,
            HTTP_ALLOWED_HOSTS=",".join(self._stack.stage.http_allowed_hosts),
            **environment,
        )
        function.add_event_source(
            sources.SqsEventSource(
                self.queues[operation],
                batch_size=1,  # a task is a turn of many items
                max_concurrency=self._stack.stage.batch_concurrency,
                report_batch_item_failures=True,
            )
        )
        return function

    def _function(
        self, name: str, layers: tuple[str, ...], *, timeout: Duration, memory_size: int = 512, **environment: str
    ) -> PythonFunction:
        function = self._stack.function(
            "".join(part.capitalize() for part in name.split("_")),
            f"content/{name}",
            layers,
            environment={
                **self._data.data_environment(),
                **self._webhooks.webhook_environment(),
                **environment,
                **self.environment(),
            },
            timeout=timeout,
            memory_size=memory_size,
        )
        self.let_use(function)
        # Whom it is told to how a batch goes on: those who follow it, the bus, its webhook.
        write_table(function, self._data.events, self._data.realtime)
        self._webhooks.let_send(function)
        return function
