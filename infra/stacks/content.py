"""Documents: the machines that make them searchable, their steps, and the migrations of the database.

POST /documents ─► ingest_document: Read ─► Embed ─► Store ─► event store ─► bus
PUT /documents/embedding-model ─► reembed_documents: Embed, again and again
"""

import hashlib
from collections.abc import Mapping

from aws_cdk import CustomResource, Duration, Stack, aws_iam, aws_stepfunctions
from constructs import Construct

from heddle.adapters.postgres.files import migrations
from infra.constructs.acknowledge import acknowledge
from infra.constructs.batch_queues import BatchQueues
from infra.constructs.database_access import DatabaseAccess
from infra.constructs.grants import (
    call_models,
    read_secrets,
    read_table,
    use_documents,
    write_table,
)
from infra.constructs.logs import log_group
from infra.constructs.model_access import MODEL_LAYERS, provider_environment, provider_keys
from infra.constructs.python_function import PythonFunction
from infra.stacks.base import HeddleStack
from infra.stacks.data import DataStack
from infra.stages import Stage
from infra.state_machine import SOURCE

MACHINES = SOURCE.parent
STEP_TIME = Duration.minutes(15)
# Aurora resumes within a quarter of a minute, or half a minute after a day's sleep.
WAKING_TIME = Duration.minutes(1)


class ContentStack(HeddleStack):
    """Everything here can be deleted: originals are in the payload bucket, all else of documents in the database."""

    def __init__(self, scope: Construct, *, stage: Stage, data: DataStack, database: DatabaseAccess) -> None:
        super().__init__(scope, "Content", stage=stage, description="Heddle: documents and search")
        self.data, self.database = data, database
        self.key, self.alarms = data.imported_key(self), data.alarms

        self.batch_queues = BatchQueues(self, "BatchQueues", key=self.key, alarms=self.alarms)

        read, embed = self._read(), self._embed()
        store, fail = self._storing("StoreDocument", "store_document"), self._storing("FailDocument", "fail_document")
        reembed, migrate = self._reembed(), self._migrate()
        self.ingest = self._machine(
            "Ingest",
            "ingest_document",
            {
                "ReadDocumentFunctionArn": read,
                "EmbedChunksFunctionArn": embed,
                "StoreDocumentFunctionArn": store,
                "FailDocumentFunctionArn": fail,
            },
        )
        self.reembed = self._machine("Reembed", "reembed_documents", {"ReembedFunctionArn": reembed})
        if not stage.local:  # there `heddle up` does it, before it deploys
            self._migrations(migrate)

        self.output("IngestStateMachineArn", self.ingest.state_machine_arn)
        self.output("ReembedStateMachineArn", self.reembed.state_machine_arn)
        self.output("BatchesGivenUpUrl", self.batch_queues.given_up.queue_url)
        self.output("BatchesDeadLettersUrl", self.batch_queues.dead_letters.queue_url)
        self.output_functions()

    def database_environment(self, *, patience: Duration = WAKING_TIME) -> dict[str, str]:
        """Return where functions find the database; one that is asleep is waited for so long."""
        return self.database.environment(patience=patience)

    def use_database(self, function: PythonFunction) -> None:
        """Let the function reach the database and log in."""
        self.database.let_use(function)

    def use_embeddings(self, function: PythonFunction) -> None:
        """Let the function embed texts: settings of tenants, their keys, budgets, and the models."""
        read_table(function, self.data.catalog)
        write_table(function, self.data.spend, self.data.events)
        read_secrets(function, self.stage.secret_prefix)
        call_models(function)

    def embedding_environment(self) -> dict[str, str]:
        """Return what a function that embeds is told."""
        return {
            **self.data.data_environment(),
            **provider_environment(self.stage),
            **provider_keys(self.stage),
            "SECRET_PREFIX": self.stage.secret_prefix,
        }

    def _read(self) -> PythonFunction:
        function = self.function(
            "ReadDocument",
            "content/read_document",
            ("core", "base", "parse"),
            environment={"PAYLOAD_BUCKET": self.data.payloads.bucket_name},
            timeout=STEP_TIME,
            # A processor and a half, and room for a PDF of 100 MB, its text and its chunks at the same time.
            memory_size=3008,
        )
        use_documents(function, self.data.payloads)
        return function

    def _embed(self) -> PythonFunction:
        function = self.function(
            "EmbedChunks",
            "content/embed_chunks",
            MODEL_LAYERS,
            environment=self.embedding_environment(),
            timeout=STEP_TIME,
            memory_size=1024,
        )
        self.use_embeddings(function)
        use_documents(function, self.data.payloads)
        return function

    def _storing(self, construct_id: str, name: str) -> PythonFunction:
        function = self.function(
            construct_id,
            f"content/{name}",
            ("core", "base", "sql"),
            environment={
                **self.database_environment(),
                "EVENT_TABLE": self.data.events.table_name,
                "PAYLOAD_BUCKET": self.data.payloads.bucket_name,
            },
            timeout=Duration.minutes(5),
            memory_size=1024,
        )
        self.use_database(function)
        write_table(function, self.data.events)
        use_documents(function, self.data.payloads)
        return function

    def _reembed(self) -> PythonFunction:
        function = self.function(
            "ReembedDocuments",
            "content/reembed",
            (*MODEL_LAYERS, "sql"),
            environment={**self.embedding_environment(), **self.database_environment()},
            timeout=STEP_TIME,
            memory_size=1024,
        )
        self.use_embeddings(function)
        self.use_database(function)
        return function

    def _migrate(self) -> PythonFunction:
        function = self.function(
            "Migrate",
            "content/migrate",
            ("core", "base", "sql"),
            environment=self.database_environment(),
            timeout=STEP_TIME,
        )
        self.database.let_migrate(function)
        return function

    def _migrations(self, function: PythonFunction) -> None:
        content = hashlib.sha256("".join(migration.checksum for migration in migrations()).encode()).hexdigest()
        done = CustomResource(
            self,
            "Migrations",
            service_token=function.function_arn,
            resource_type="Custom::HeddleMigrations",
            # Another content is an update, which applies what is new.
            properties={"Content": content},
            service_timeout=STEP_TIME,
        )
        for machine in (self.ingest, self.reembed):
            machine.node.add_dependency(done)

    def _machine(
        self, construct_id: str, name: str, functions: Mapping[str, PythonFunction]
    ) -> aws_stepfunctions.StateMachine:
        role = aws_iam.Role(self, f"{construct_id}Role", assumed_by=aws_iam.ServicePrincipal("states.amazonaws.com"))
        arns = {placeholder: function.function_arn for placeholder, function in functions.items()}
        role.add_to_policy(aws_iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=list(arns.values())))
        machine = aws_stepfunctions.StateMachine(
            self,
            construct_id,
            definition_body=aws_stepfunctions.DefinitionBody.from_string(
                (MACHINES / f"{name}.asl.json").read_text(encoding="utf-8")
            ),
            definition_substitutions={"Partition": Stack.of(self).partition, **arns},
            role=role,
            tracing_enabled=self.stage.tracing,
            logs=aws_stepfunctions.LogOptions(
                destination=log_group(self, f"{construct_id}MachineLogs", stage=self.stage, key=self.key),
                level=aws_stepfunctions.LogLevel.ERROR,
                include_execution_data=False,  # names of documents stay out of logs
            ),
        )
        acknowledge(
            role, {"AwsSolutions-IAM5[Resource::*]": "log deliveries and X-Ray segments have no resource to name"}
        )
        acknowledge(
            machine,
            {
                "AwsSolutions-SF1": "errors are logged; what became of a document stands with it",
                **({} if self.stage.tracing else {"AwsSolutions-SF2": "a stage without X-Ray"}),
            },
        )
        self.alarms.failed_executions(machine, f"{construct_id}BrokenAlarm")
        return machine
