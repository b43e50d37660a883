"""What a function needs that uses the database: where it is, who it is there, and a place in its network."""

from dataclasses import dataclass
from typing import Protocol

from aws_cdk import Duration, Stack, aws_ec2, aws_lambda

from infra.constructs.acknowledge import acknowledge
from infra.constructs.grants import read_secret
from infra.constructs.python_function import PythonFunction
from infra.stages import Stage

# Made by the migrations: it owns nothing, and may become the role that row-level security holds.
LOGIN = "heddle_functions"
DATABASE_NAME = "heddle"
# Lambda itself makes the network interfaces, as the function's role; they have no names before they exist.
INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)


class DatabaseAccess(Protocol):
    """The stage's database, for functions of any stack."""

    def environment(self, *, patience: Duration) -> dict[str, str]:
        """Return where a function finds it that waits as long as that for one which has to wake up."""

    def let_use(self, function: PythonFunction) -> None:
        """Let the function log in, as somebody who sees one tenant at a time."""

    def let_migrate(self, function: PythonFunction) -> None:
        """Let the function log in as the owner of the tables too."""


@dataclass(frozen=True)
class ExternalDatabase:
    """PostgreSQL that somebody else runs, reached without a network of ours; its address is a secret or asks none."""

    stage: Stage

    def environment(self, *, patience: Duration) -> dict[str, str]:
        """Return its address, or the name of the secret that holds it."""
        if self.stage.database_url:
            return {"DATABASE_URL": self.stage.database_url}
        return {"DATABASE_SECRET": self.stage.database_secret}

    def let_use(self, function: PythonFunction) -> None:
        """Let the function read the secret."""
        if not self.stage.database_url:
            read_secret(function, self.stage.database_secret)

    def let_migrate(self, function: PythonFunction) -> None:
        """Let the function read the secret: it may hold another address for the owner."""
        self.let_use(function)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The stage's own cluster: entered with tokens that a function's role signs, and by no password."""

    stage: Stage
    host: str
    port: str
    resource_id: str
    owner_secret: str
    subnets: tuple[aws_ec2.ISubnet, ...]
    group: aws_ec2.ISecurityGroup

    def environment(self, *, patience: Duration) -> dict[str, str]:
        """Return where it is, and how long to wait if it may be asleep."""
        sleeps = self.stage.database_capacity[0] == 0
        return {
            "DATABASE_HOST": self.host,
            "DATABASE_PORT": self.port,
            "DATABASE_NAME": DATABASE_NAME,
            "DATABASE_USER": LOGIN,
            **({"DATABASE_WAKING_SECONDS": str(int(patience.to_seconds()))} if sleeps else {}),
        }

    def let_use(self, function: PythonFunction) -> None:
        """Put the function beside the cluster, and let it sign tokens for the login of functions."""
        self._place(function)
        stack = Stack.of(function)
        user = f"dbuser:{self.resource_id}/{LOGIN}"
        function.allow(["rds-db:connect"], f"arn:{stack.partition}:rds-db:{stack.region}:{stack.account}:{user}")

    def let_migrate(self, function: PythonFunction) -> None:
        """Put the function beside the cluster, and let it read the owner's password, which RDS changes each week."""
        self._place(function)
        function.add_environment("DATABASE_OWNER_SECRET", self.owner_secret)
        function.allow(["secretsmanager:GetSecretValue"], self.owner_secret)

    def _place(self, function: PythonFunction) -> None:
        resource = function.node.default_child
        assert isinstance(resource, aws_lambda.CfnFunction)
        resource.vpc_config = aws_lambda.CfnFunction.VpcConfigProperty(
            subnet_ids=[subnet.subnet_id for subnet in self.subnets],
            security_group_ids=[self.group.security_group_id],
        )
        function.allow(INTERFACES, "*")
        assert function.role is not None
        acknowledge(
            function.role,
            {"AwsSolutions-IAM5[Resource::*]": "network interfaces have no names before Lambda makes them"},
        )
