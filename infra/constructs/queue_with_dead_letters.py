"""A queue, and where its messages go when nobody could handle them."""

from typing import Any

from aws_cdk import Duration, aws_kms, aws_sqs
from constructs import Construct

from infra.constructs.acknowledge import acknowledge
from infra.constructs.alarms import Alarms

ATTEMPTS = 5
KEPT_ATTEMPTS = 2 * ATTEMPTS
"""Of a queue that holds what another gave up: a message may bring along how often it was received before."""
KEEPING_TIME = Duration.seconds(30)
"""How long it may take to write down what was given up: one row."""


def encryption(key: aws_kms.IKey | None) -> dict[str, Any]:
    """Return the encryption properties of a queue: the stage's key, or a key that SQS owns.

    Not the account's `aws/sqs` key: EventBridge may not send to a queue encrypted with that one.
    """
    if key is None:
        return {"encryption": aws_sqs.QueueEncryption.SQS_MANAGED}
    return {
        "encryption": aws_sqs.QueueEncryption.KMS,
        "encryption_master_key": key,
        "data_key_reuse": Duration.hours(1),
    }


class DeadLetters(aws_sqs.Queue):
    """Messages that wait for a person, for fourteen days, with an alarm at the first one."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: aws_kms.IKey | None, alarms: Alarms, fifo: bool = False
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            retention_period=Duration.days(14),
            enforce_ssl=True,
            fifo=fifo or None,
            **encryption(key),
        )
        acknowledge(self, {"AwsSolutions-SQS3": "this is where messages end that nobody could handle"})
        alarms.dead_letters(self, "Alarm")


class QueueWithDeadLetters(Construct):
    """`QueueWithDeadLetters(self, "Tasks", handled_within=function.time_limit, key=key, alarms=alarms)`.

    A message stays hidden for six times the handler's time limit, as Lambda asks for, and is tried five times. Queues
    of one handler may share the dead letters of the first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handled_within: Duration,
        key: aws_kms.IKey | None,
        alarms: Alarms,
        dead_letters: aws_sqs.Queue | None = None,
        attempts: int = ATTEMPTS,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letters or DeadLetters(self, "DeadLetters", key=key, alarms=alarms)
        self.queue = aws_sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(6 * handled_within.to_seconds()),
            retention_period=Duration.days(4),
            enforce_ssl=True,
            dead_letter_queue=aws_sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=attempts),
            **encryption(key),
        )


MAILBOX_ATTEMPTS = 3
"""As in `heddle.runtime.mailbox_function`: whoever fails for the third time is told before the message is put aside."""


class Mailboxes(Construct):
    """`Mailboxes(self, "Mailbox", handled_within=function.time_limit, key=key, alarms=alarms)`.

    A FIFO queue whose groups are actors: a group's messages in order and one at a time, groups side by side, each with
    the throughput of its own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handled_within: Duration,
        key: aws_kms.IKey | None,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(self, "DeadLetters", key=key, alarms=alarms, fifo=True)
        self.queue = aws_sqs.Queue(
            self,
            "Queue",
            fifo=True,
            deduplication_scope=aws_sqs.DeduplicationScope.MESSAGE_GROUP,
            fifo_throughput_limit=aws_sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            visibility_timeout=Duration.seconds(6 * handled_within.to_seconds()),
            retention_period=Duration.hours(1),  # what is older is of no use to a socket: its log has it
            enforce_ssl=True,
            dead_letter_queue=aws_sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAILBOX_ATTEMPTS),
            **encryption(key),
        )
        alarms.waiting(self.queue, "WaitingAlarm", limit=Duration.minutes(2))
