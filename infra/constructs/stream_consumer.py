"""A function that reads a table's stream, so that one bad record neither stops nor loses the others."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, aws_dynamodb, aws_kms, aws_lambda, aws_sqs
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.constructs.acknowledge import acknowledge
from infra.constructs.alarms import Alarms
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_with_dead_letters import DeadLetters


class StreamConsumer(Construct):
    """`StreamConsumer(self, "Relay", table=events, function=relay, filters=[…], key=key, alarms=alarms)`.

    A batch that fails is split in two until the bad record is alone; after `attempts` or a day its position goes to
    `failures`. The function may also report the records that failed and have the rest counted as done.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: aws_dynamodb.Table,
        function: PythonFunction,
        filters: list[Mapping[str, Any]],
        key: aws_kms.IKey | None,
        alarms: Alarms,
        batch_size: int = 100,
        attempts: int = 10,
        lanes: int = 4,
    ) -> None:
        super().__init__(scope, construct_id)
        self.failures = DeadLetters(self, "Failures", key=key, alarms=alarms)
        function.add_event_source(
            sources.DynamoEventSource(
                table,
                starting_position=aws_lambda.StartingPosition.TRIM_HORIZON,
                batch_size=batch_size,
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                retry_attempts=attempts,
                max_record_age=Duration.days(1),
                parallelization_factor=lanes,
                on_failure=sources.SqsDlq(_plain(self, self.failures)),
                filters=filters,
            )
        )
        acknowledge(
            function.role or function,
            {"AwsSolutions-IAM5[Resource::*]": "ListStreams and X-Ray segments have no resource that could be named"},
        )
        alarms.stream_lag(function, "BehindAlarm", limit=Duration.minutes(5))


def _plain(scope: Construct, queue: aws_sqs.Queue) -> aws_sqs.IQueue:
    # By its ARN alone, so that the grant is for the queue only: the function may use the key already, in fewer words
    # than CDK's grant, which has wildcards in its actions.
    return aws_sqs.Queue.from_queue_arn(scope, "Destination", queue.queue_arn)
