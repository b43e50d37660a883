"""The one way this platform makes a Lambda function.

`PythonFunction(self, "Advance", stage=stage, folder="engine/advance", layers=shelf.pick("core", "base"))` gives the
code of `functions/engine/advance`, a log group with an end, tracing by stage, and a role of its own which may write to
that log group and nothing else; the stack then grants what the function needs, next to the line that names it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration, aws_iam, aws_kms, aws_lambda
from constructs import Construct

from infra.constructs.acknowledge import acknowledge
from infra.constructs.logs import log_group
from infra.stages import VERSION, Stage

FUNCTIONS = Path(__file__).parents[2] / "functions"


class PythonFunction(aws_lambda.Function):
    """A folder under functions/ as a Lambda function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        folder: str,
        layers: Sequence[aws_lambda.ILayerVersion],
        environment: Mapping[str, str] | None = None,
        timeout: Duration | None = None,
        memory_size: int = 512,
        key: aws_kms.IKey | None = None,
        description: str | None = None,
    ) -> None:
        self.folder = folder
        self.time_limit = timeout or Duration.seconds(30)
        logs = log_group(scope, f"{construct_id}Logs", stage=stage, key=key)
        role = aws_iam.Role(scope, f"{construct_id}Role", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        logs.grant_write(role)
        super().__init__(
            scope,
            construct_id,
            description=description or f"functions/{folder}",
            code=aws_lambda.Code.from_asset(str(FUNCTIONS / folder), exclude=["**/__pycache__", "*.pyc"]),
            handler="handler.lambda_handler",
            runtime=aws_lambda.Runtime(f"python{stage.python}", aws_lambda.RuntimeFamily.PYTHON),
            architecture=_architecture(stage),
            layers=list(layers),
            environment={
                "POWERTOOLS_SERVICE_NAME": folder,
                "LOG_LEVEL": stage.log_level,
                "STAGE": stage.name,
                "VERSION": VERSION,
                **(environment or {}),
            },
            environment_encryption=key,
            timeout=self.time_limit,
            memory_size=memory_size,
            tracing=aws_lambda.Tracing.ACTIVE if stage.tracing else aws_lambda.Tracing.DISABLED,
            logging_format=aws_lambda.LoggingFormat.JSON,
            log_group=logs,
            role=role,
        )
        if stage.tracing:
            acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "X-Ray segments have no resource to name"})
        acknowledge(
            self,
            {"AwsSolutions-L1": "the runtime is the stage's Python: layers are built for it"},
        )

    def allow(self, actions: Sequence[str], *resources: str) -> None:
        """Let the function do exactly these actions on exactly these resources."""
        self.add_to_role_policy(aws_iam.PolicyStatement(actions=list(actions), resources=list(resources)))

    def allow_invoke(self, *functions: aws_lambda.IFunction) -> None:
        """Let the function call others, in their current version only."""
        self.allow(["lambda:InvokeFunction"], *(function.function_arn for function in functions))


def _architecture(stage: Stage) -> aws_lambda.Architecture:
    arm = stage.architecture == "arm64"
    return aws_lambda.Architecture.ARM_64 if arm else aws_lambda.Architecture.X86_64
