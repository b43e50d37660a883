"""Events of the bus to a function by way of a queue, so that a burst waits and a failure is kept."""

from aws_cdk import Duration, aws_events, aws_events_targets, aws_kms
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_with_dead_letters import QueueWithDeadLetters


class RuleToQueue(Construct):
    """`RuleToQueue(self, "RunEnded", bus=bus, pattern=…, function=release, key=key, alarms=alarms)`.

    What the bus cannot deliver and what the function cannot handle end in the same dead letters.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bus: aws_events.IEventBus,
        pattern: aws_events.EventPattern,
        function: PythonFunction,
        key: aws_kms.IKey | None,
        alarms: Alarms,
        batch_size: int = 10,
    ) -> None:
        super().__init__(scope, construct_id)
        pair = QueueWithDeadLetters(self, "Events", handled_within=function.time_limit, key=key, alarms=alarms)
        self.queue, self.dead_letters = pair.queue, pair.dead_letters
        self._bus = bus
        self.also(pattern, "Rule")
        function.add_event_source(
            sources.SqsEventSource(self.queue, batch_size=batch_size, report_batch_item_failures=True)
        )
        alarms.waiting(self.queue, "WaitingAlarm", limit=Duration.minutes(15))

    def also(self, pattern: aws_events.EventPattern, construct_id: str) -> None:
        """Send what matches this pattern to the same queue."""
        aws_events.Rule(
            self,
            construct_id,
            event_bus=self._bus,
            event_pattern=pattern,
            targets=[
                aws_events_targets.SqsQueue(
                    self.queue,
                    dead_letter_queue=self.dead_letters,
                    max_event_age=Duration.hours(24),
                    retry_attempts=185,
                )
            ],
        )
