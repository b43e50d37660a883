"""A function that is called again and again."""

from aws_cdk import Duration, Stack, aws_iam, aws_kms, aws_scheduler
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_with_dead_letters import DeadLetters


class Timer(Construct):
    """`Timer(self, "EveryMinute", function=sweep, every=Duration.minutes(1), key=key, alarms=alarms)`.

    A call that could not be delivered for as long as the next one is due is kept as a dead letter and not repeated. A
    function that keeps failing raises an alarm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        every: Duration,
        key: aws_kms.IKey | None,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(self, "DeadLetters", key=key, alarms=alarms)
        alarms.errors(function, "FailingAlarm")
        account = Stack.of(self).account
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.PrincipalWithConditions(
                aws_iam.ServicePrincipal("scheduler.amazonaws.com"), {"StringEquals": {"aws:SourceAccount": account}}
            ),
        )
        allowed = [
            aws_iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]),
            aws_iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]),
        ]
        if key is not None:
            use = ["kms:Decrypt", "kms:GenerateDataKey"]
            allowed.append(aws_iam.PolicyStatement(actions=use, resources=[key.key_arn]))
        for statement in allowed:
            role.add_to_policy(statement)
        minutes = int(every.to_minutes())
        schedule = aws_scheduler.CfnSchedule(
            self,
            "Schedule",
            description=f"functions/{function.folder}",
            flexible_time_window=aws_scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            schedule_expression=f"rate({minutes} minute{'s' if minutes > 1 else ''})",
            target=aws_scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn,
                role_arn=role.role_arn,
                input="{}",
                dead_letter_config=aws_scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
                retry_policy=aws_scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=max(60, int(every.to_seconds())), maximum_retry_attempts=1
                ),
            ),
        )
        # The scheduler tries the role out when the schedule is made.
        schedule.node.add_dependency(role)
