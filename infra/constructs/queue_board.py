"""How the task queue is doing: depth and age of each priority, and how much waits for each dispatcher."""

from collections.abc import Mapping

from aws_cdk import Duration, aws_cloudwatch, aws_sqs
from constructs import Construct

MINUTE = Duration.minutes(1)


def backlog(priority: str, queue: aws_sqs.IQueue, dispatchers: int) -> aws_cloudwatch.MathExpression:
    """Return the scaling signal: messages, waiting and at work, for each function that may take them.

    Lambda adds functions by itself up to `dispatchers`. What stays high is a ceiling that is too low.
    """
    return aws_cloudwatch.MathExpression(
        expression=f"({priority}_waiting + {priority}_working) / {dispatchers}",
        label=priority,
        using_metrics={
            f"{priority}_waiting": queue.metric_approximate_number_of_messages_visible(statistic="Maximum"),
            f"{priority}_working": queue.metric_approximate_number_of_messages_not_visible(statistic="Maximum"),
        },
        period=MINUTE,
    )


class QueueBoard(Construct):
    """`QueueBoard(self, "Board", name="heddle-prod-queue", queues={"high": queue}, dispatchers={"high": 40})`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        queues: Mapping[str, aws_sqs.IQueue],
        dispatchers: Mapping[str, int],
    ) -> None:
        super().__init__(scope, construct_id)
        depth = [
            queue.metric_approximate_number_of_messages_visible(label=priority, statistic="Maximum", period=MINUTE)
            for priority, queue in queues.items()
        ]
        age = [
            queue.metric_approximate_age_of_oldest_message(label=priority, statistic="Maximum", period=MINUTE)
            for priority, queue in queues.items()
        ]
        signals: list[aws_cloudwatch.IMetric] = [
            backlog(priority, queue, dispatchers[priority]) for priority, queue in queues.items()
        ]
        aws_cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            widgets=[
                [
                    aws_cloudwatch.GraphWidget(title="Depth: runs that wait", left=depth, width=8),
                    aws_cloudwatch.GraphWidget(title="Age of the oldest, seconds", left=age, width=8),
                    aws_cloudwatch.GraphWidget(title="Messages per dispatcher", left=signals, width=8),
                ]
            ],
        )
