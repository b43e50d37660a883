"""What wakes somebody, in the stages that want it."""

from aws_cdk import Duration, aws_cloudwatch, aws_cloudwatch_actions, aws_lambda, aws_sns, aws_sqs, aws_stepfunctions
from constructs import Construct

COMPARE = aws_cloudwatch.ComparisonOperator
MISSING = aws_cloudwatch.TreatMissingData.NOT_BREACHING


class Alarms:
    """Makes alarms that notify one topic; without a topic it makes none."""

    def __init__(self, topic: aws_sns.ITopic | None) -> None:
        self._topic = topic

    def dead_letters(self, queue: aws_sqs.Queue, construct_id: str) -> None:
        """Notify at the first message that nobody could handle."""
        metric = queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum")
        self._alarm(queue, construct_id, metric, 1, "messages wait in dead letters: see docs/deploy.md")

    def arriving(self, queue: aws_sqs.Queue, construct_id: str) -> None:
        """Notify at the first message that comes into dead letters which a function takes out at once."""
        metric = queue.metric_number_of_messages_received(period=Duration.minutes(1), statistic="Sum")
        self._alarm(queue, construct_id, metric, 1, "tasks were given up: see docs/concepts/queue.md")

    def waiting(self, queue: aws_sqs.Queue, construct_id: str, *, limit: Duration) -> None:
        """Notify when the oldest message has waited too long."""
        metric = queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(1), statistic="Maximum")
        self._alarm(queue, construct_id, metric, limit.to_seconds(), "messages wait too long", minutes=5)

    def stream_lag(self, function: aws_lambda.Function, construct_id: str, *, limit: Duration) -> None:
        """Notify when a stream's reader is behind."""
        metric = function.metric("IteratorAge", period=Duration.minutes(1), statistic="Maximum")
        self._alarm(function, construct_id, metric, limit.to_milliseconds(), "the stream's reader is behind", minutes=5)

    def errors(self, function: aws_lambda.Function, construct_id: str) -> None:
        """Notify when a function keeps failing."""
        metric = function.metric_errors(period=Duration.minutes(1), statistic="Sum")
        self._alarm(function, construct_id, metric, 1, "the function fails", minutes=3)

    def failed_executions(self, machine: aws_stepfunctions.StateMachine, construct_id: str) -> None:
        """Notify when an execution breaks: a failed run ends its execution well, so this is a defect of ours."""
        metric = machine.metric_failed(period=Duration.minutes(1), statistic="Sum")
        self._alarm(machine, construct_id, metric, 1, "an execution broke instead of ending its run")

    def custom(self, scope: Construct, construct_id: str, metric: aws_cloudwatch.IMetric, threshold: float) -> None:
        """Notify when a metric reaches the threshold in three minutes out of three."""
        self._alarm(scope, construct_id, metric, threshold, construct_id, minutes=3)

    def _alarm(
        self,
        scope: Construct,
        construct_id: str,
        metric: aws_cloudwatch.IMetric,
        threshold: float,
        description: str,
        *,
        minutes: int = 1,
    ) -> None:
        if self._topic is None:
            return
        alarm = aws_cloudwatch.Alarm(
            scope,
            construct_id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=minutes,
            comparison_operator=COMPARE.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=MISSING,
            alarm_description=description,
        )
        alarm.add_alarm_action(aws_cloudwatch_actions.SnsAction(self._topic))
