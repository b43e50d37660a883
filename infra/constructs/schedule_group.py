"""The schedules of a stage's timers: a group for them, the role they send with, and who may make them."""

from aws_cdk import Stack, aws_iam, aws_kms, aws_scheduler, aws_sqs
from constructs import Construct

from infra.constructs.acknowledge import acknowledge, wildcard_in
from infra.constructs.python_function import PythonFunction
from infra.stages import Stage


class ScheduleGroup(Construct):
    """`ScheduleGroup(self, "Timers", stage=stage, target=queue, dead_letters=dead, key=key)`.

    Schedules are data: the API makes one per timer, here is only what they need. A deploy changes none of them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        target: aws_sqs.IQueue,
        dead_letters: aws_sqs.IQueue,
        key: aws_kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self.name = f"heddle-{stage.name}-timers"
        self._target, self._dead_letters = target, dead_letters
        group = aws_scheduler.CfnScheduleGroup(self, "Group", name=self.name)
        self.role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.PrincipalWithConditions(
                aws_iam.ServicePrincipal("scheduler.amazonaws.com"),
                {"StringEquals": {"aws:SourceAccount": stack.account}},
            ),
        )
        allowed = [
            aws_iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[target.queue_arn, dead_letters.queue_arn])
        ]
        if key is not None:
            use = ["kms:Decrypt", "kms:GenerateDataKey"]
            allowed.append(aws_iam.PolicyStatement(actions=use, resources=[key.key_arn]))
        for statement in allowed:
            self.role.add_to_policy(statement)
        self.role.node.add_dependency(group)

    def environment(self) -> dict[str, str]:
        """Return what whoever makes schedules is told."""
        return {
            "SCHEDULE_GROUP": self.name,
            "SCHEDULE_ROLE_ARN": self.role.role_arn,
            "TIMER_QUEUE_ARN": self._target.queue_arn,
            "TIMER_DEAD_LETTERS_ARN": self._dead_letters.queue_arn,
        }

    def let_look(self, function: PythonFunction) -> None:
        """Let a function list the group's schedules and look at each."""
        function.allow(["scheduler:GetSchedule"], self._schedules(function))
        function.allow(["scheduler:ListSchedules"], "*")
        assert function.role is not None
        acknowledge(function.role, {"AwsSolutions-IAM5[Resource::*]": "ListSchedules knows no resource to name"})

    def let_manage(self, function: PythonFunction) -> None:
        """Let a function make, change and delete the group's schedules, and give them the role."""
        schedules = self._schedules(function)
        function.allow(["scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule"], schedules)
        function.add_to_role_policy(
            aws_iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
            )
        )
        assert function.role is not None
        wildcard = wildcard_in(schedules, stack=Stack.of(function))
        acknowledge(function.role, {wildcard: "a schedule is named after its trigger, which does not exist yet"})

    def _schedules(self, function: PythonFunction) -> str:
        return Stack.of(function).format_arn(service="scheduler", resource="schedule", resource_name=f"{self.name}/*")
