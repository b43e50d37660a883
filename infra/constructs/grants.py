"""Permissions named one by one: CDK's own `grant_*` of buckets, keys and machines would use wildcards in actions."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack, aws_apigatewayv2, aws_events, aws_kms, aws_s3, aws_sqs, aws_stepfunctions
from constructs import IConstruct

from infra.constructs.acknowledge import acknowledge, value_for, wildcard_in
from infra.constructs.python_function import PythonFunction
from infra.constructs.tables import Table

READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem")
WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem")
USE_KEY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def read_table(function: PythonFunction, *tables: Table) -> None:
    """Let the function read items, by key and by index; never scan."""
    function.allow(READ, *_table_arns(tables))


def read_stream(function: PythonFunction, table: Table) -> None:
    """Let the function read records of the table's stream again, by shard and sequence number."""
    assert table.table_stream_arn is not None
    function.allow(
        ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], table.table_stream_arn
    )


def write_table(function: PythonFunction, *tables: Table) -> None:
    """Let the function read and write items, alone or in transactions."""
    function.allow([*READ, *WRITE], *_table_arns(tables))


def _table_arns(tables: Sequence[Table]) -> list[str]:
    return [arn for table in tables for arn in table.arns]


def use_payloads(function: PythonFunction, bucket: aws_s3.IBucket, *, write: bool = True) -> None:
    """Let the function read payloads, and write them. Listing is what makes a missing object a 404 and not a 403."""
    objects = f"{value_for(function, bucket, bucket.bucket_arn)}/*"
    function.allow(["s3:GetObject", *(["s3:PutObject"] if write else [])], objects)
    function.allow(["s3:ListBucket"], bucket.bucket_arn)
    _accept(function, objects, "any object of the bucket may be a payload; the tenant is its prefix")


def use_documents(function: PythonFunction, bucket: aws_s3.IBucket) -> None:
    """Let the function read, write and delete originals and uploads; listing finds all files of a document."""
    arn = value_for(function, bucket, bucket.bucket_arn)
    for pattern in (f"{arn}/*/documents/*", f"{arn}/*/uploads/*"):
        function.allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], pattern)
        _accept(function, pattern, "any tenant may have documents; the tenant is the first part of an object's name")
    function.allow(["s3:ListBucket"], bucket.bucket_arn)


def use_batches(function: PythonFunction, bucket: aws_s3.IBucket) -> None:
    """Let the function read, write and delete files of batches, and find and read uploads."""
    arn = value_for(function, bucket, bucket.bucket_arn)
    batches, uploads = f"{arn}/*/batches/*", f"{arn}/*/uploads/*"
    function.allow(["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject"], batches)
    function.allow(["s3:GetObject"], uploads)
    for pattern in (batches, uploads):
        _accept(function, pattern, "any tenant may have batches; the tenant is the first part of an object's name")
    function.allow(["s3:ListBucket"], bucket.bucket_arn)


def use_plugins(function: PythonFunction, bucket: aws_s3.IBucket) -> None:
    """Let the function read uploads, and keep and delete modules and artefacts; listing finds all of a plugin."""
    arn = value_for(function, bucket, bucket.bucket_arn)
    uploads, plugins = f"{arn}/*/uploads/*", f"{arn}/*/plugins/*"
    function.allow(["s3:GetObject"], uploads)
    function.allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], plugins)
    for pattern in (uploads, plugins):
        _accept(function, pattern, "any tenant may have plugins; the tenant is the first part of an object's name")
    function.allow(["s3:ListBucket"], bucket.bucket_arn)


def use_key(function: PythonFunction, key: aws_kms.IKey | None) -> None:
    """Let the function read and write what the stage's key encrypts."""
    if key is not None:
        function.allow(USE_KEY, key.key_arn)


def send_messages(function: PythonFunction, *queues: aws_sqs.IQueue) -> None:
    """Let the function send to queues and ask how full they are."""
    function.allow(["sqs:SendMessage", "sqs:GetQueueAttributes"], *(queue.queue_arn for queue in queues))


def receive_messages(function: PythonFunction, *queues: aws_sqs.IQueue) -> None:
    """Let the function take messages from queues."""
    function.allow(
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
        *(queue.queue_arn for queue in queues),
    )


def publish(function: PythonFunction, bus: aws_events.IEventBus) -> None:
    """Let the function put events on the bus."""
    function.allow(["events:PutEvents"], bus.event_bus_arn)


def start_executions(function: PythonFunction, *machines: aws_stepfunctions.StateMachine) -> None:
    """Let the function start executions."""
    function.allow(["states:StartExecution"], *(machine.state_machine_arn for machine in machines))


def watch_executions(function: PythonFunction, *machines: aws_stepfunctions.StateMachine) -> None:
    """Let the function look at executions."""
    arns = [execution_arns(function, machine) for machine in machines]
    function.allow(["states:DescribeExecution"], *arns)
    for arn in arns:
        _accept(function, arn, "an execution is named after its run, which does not exist yet")


def stop_executions(function: PythonFunction, *machines: aws_stepfunctions.StateMachine) -> None:
    """Let the function look at executions and stop them."""
    arns = [execution_arns(function, machine) for machine in machines]
    function.allow(["states:DescribeExecution", "states:StopExecution"], *arns)
    for arn in arns:
        _accept(function, arn, "an execution is named after its run, which does not exist yet")


def wake_executions(function: PythonFunction, *machines: aws_stepfunctions.StateMachine) -> None:
    """Let the function answer for tasks that wait for a token."""
    function.allow(
        ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
        *(machine.state_machine_arn for machine in machines),
    )


def execution_arns(consumer: IConstruct, machine: aws_stepfunctions.StateMachine) -> str:
    """Return the pattern that every execution of the machine has, as the consumer's stack sees it."""
    name = value_for(consumer, machine, machine.state_machine_name)
    return Stack.of(consumer).format_arn(
        service="states", resource="execution", resource_name=f"{name}:*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )


def manage_connections(function: PythonFunction, api: aws_apigatewayv2.WebSocketApi, stage_name: str) -> None:
    """Let the function send to the connections of a WebSocket API, and close them."""
    connections = Stack.of(function).format_arn(
        service="execute-api", resource=api.api_id, resource_name=f"{stage_name}/*/@connections/*"
    )
    function.allow(["execute-api:ManageConnections"], connections)
    _accept(function, connections, "a connection gets its id when it is opened")


def read_secrets(function: PythonFunction, prefix: str) -> None:
    """Let the function read the secrets below a prefix."""
    arn = Stack.of(function).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{prefix}*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    function.allow(["secretsmanager:GetSecretValue"], arn)
    _accept(function, arn, "tenants add secrets at any time; the tenant is part of the name and checked by the adapter")


def read_secret(function: PythonFunction, name: str) -> None:
    """Let the function read one secret; its ARN ends with six characters that nobody can know before."""
    arn = Stack.of(function).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{name}-??????",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    function.allow(["secretsmanager:GetSecretValue"], arn)


def call_models(function: PythonFunction) -> None:
    """Let the function ask any Bedrock model of the account, also by a profile and behind a guardrail."""
    stack = Stack.of(function)
    account = f"arn:{stack.partition}:bedrock:*:{stack.account}"
    models = [
        f"arn:{stack.partition}:bedrock:*::foundation-model/*",
        f"{account}:inference-profile/*",
        f"{account}:application-inference-profile/*",
    ]
    guardrails = f"{account}:guardrail/*"
    asking = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "bedrock:CountTokens"]
    function.allow(asking, *models)
    function.allow(["bedrock:ApplyGuardrail"], guardrails)
    for arn in (*models, guardrails):
        _accept(function, arn, "the model is a node's configuration; what may be used is governed by model access")


def _accept(function: PythonFunction, resource: str, reason: str) -> None:
    assert function.role is not None
    acknowledge(function.role, {wildcard_in(resource, stack=Stack.of(function)): reason})
