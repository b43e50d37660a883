"""The queues of batches: one for each operation, and what becomes of tasks at which every worker failed."""

from aws_cdk import Duration, aws_kms
from constructs import Construct

from heddle.domain.batches.batch import OPERATIONS
from infra.constructs.alarms import Alarms
from infra.constructs.queue_with_dead_letters import KEEPING_TIME, QueueWithDeadLetters

WORKING_TIME = Duration.minutes(2)
"""A minute for an item, and one for those that were done before it in the same turn."""
ATTEMPTS = 3
"""An item that kills its worker is tried three times; one whose failure may pass is tried again by the worker."""


class BatchQueues(Construct):
    """`BatchQueues(self, "BatchQueues", key=key, alarms=alarms)`.

    `given_up` is read again, by the function that counts an item as failed; what that cannot keep either ends in
    `dead_letters`, with operators.
    """

    def __init__(self, scope: Construct, construct_id: str, *, key: aws_kms.IKey | None, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        given_up = QueueWithDeadLetters(
            self,
            "GivenUp",
            handled_within=KEEPING_TIME,
            key=key,
            alarms=alarms,
            attempts=2 * ATTEMPTS,  # a message may bring along how often it was received before it was given up
        )
        self.given_up, self.dead_letters = given_up.queue, given_up.dead_letters
        alarms.arriving(self.given_up, "BatchesGivenUpAlarm")
        self.by_operation = {
            operation: QueueWithDeadLetters(
                self,
                operation.capitalize(),
                handled_within=WORKING_TIME,
                key=key,
                alarms=alarms,
                dead_letters=self.given_up,
                attempts=ATTEMPTS,
            ).queue
            for operation in OPERATIONS
        }
        for operation, queue in self.by_operation.items():
            alarms.waiting(queue, f"{operation.capitalize()}BatchesWaitingAlarm", limit=Duration.minutes(15))
