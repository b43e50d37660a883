"""The stage's own PostgreSQL: Aurora Serverless v2, which follows the load, down to nothing where the stage says so.

Functions log in with tokens of their roles (docs/decisions/0175). The owner's password is made, kept and changed by
RDS; the migrations alone use it.
"""

from aws_cdk import Duration, RemovalPolicy, aws_cloudwatch, aws_ec2, aws_rds
from constructs import Construct

from infra.constructs.acknowledge import acknowledge
from infra.constructs.database_access import DATABASE_NAME, Cluster
from infra.stacks.base import HeddleStack
from infra.stacks.data import DataStack
from infra.stacks.network import DATABASE, NetworkStack
from infra.stages import Stage

OWNER = "heddle_owner"
VERSION = aws_rds.AuroraPostgresEngineVersion.VER_17_7
# Of the most that the cluster may use.
BUSY_PERCENT = 90
# Aurora derives `max_connections` from the capacity at most: here by the units of which it takes that many.
CONNECTIONS = ((1, 189), (4, 823), (8, 1_669), (16, 3_360), (32, 5_000))
CONNECTIONS_FROM_NOTHING = 2_000  # the bound of a cluster that may shrink below one unit


class DatabasesStack(HeddleStack):
    """Nothing in it is named by us, so that a snapshot can be restored beside it."""

    def __init__(self, scope: Construct, *, stage: Stage, data: DataStack, network: NetworkStack) -> None:
        super().__init__(scope, "Databases", stage=stage, description="Heddle: PostgreSQL for documents and search")
        self.key, self.alarms = data.imported_key(self), data.alarms
        self.cluster = self._cluster(network)
        self._watch()
        owner = self.cluster.secret
        assert owner is not None
        self.access = Cluster(
            stage=stage,
            host=self.cluster.cluster_endpoint.hostname,
            port=str(self.cluster.cluster_endpoint.port),
            resource_id=self.cluster.cluster_resource_identifier,
            owner_secret=owner.secret_arn,
            subnets=tuple(network.function_subnets),
            group=network.functions_group,
        )
        self.output("ClusterArn", self.cluster.cluster_arn)
        self.output("OwnerSecretArn", owner.secret_arn)

    def _cluster(self, network: NetworkStack) -> aws_rds.DatabaseCluster:
        stage = self.stage
        least, most = stage.database_capacity
        pauses = least == 0
        group = aws_ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description="the cluster", allow_all_outbound=False
        )
        standby = aws_rds.ClusterInstance.serverless_v2("Standby", scale_with_writer=True)
        cluster = aws_rds.DatabaseCluster(
            self,
            "Cluster",
            engine=aws_rds.DatabaseClusterEngine.aurora_postgres(version=VERSION),
            default_database_name=DATABASE_NAME,
            credentials=aws_rds.Credentials.from_username(OWNER, encryption_key=self.key),
            manage_master_user_password=True,
            iam_authentication=True,
            writer=aws_rds.ClusterInstance.serverless_v2("Writer"),
            readers=[standby] if stage.database_standby else [],
            serverless_v2_min_capacity=least,
            serverless_v2_max_capacity=most,
            serverless_v2_auto_pause_duration=Duration.minutes(stage.database_pause_minutes) if pauses else None,
            vpc=network.vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_group_name=DATABASE),
            security_groups=[group],
            storage_encrypted=True,
            storage_encryption_key=self.key,
            backup=aws_rds.BackupProps(retention=Duration.days(35 if stage.retain else 7)),
            copy_tags_to_snapshot=True,
            deletion_protection=stage.retain,
            removal_policy=RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.SNAPSHOT,
            parameters={"rds.force_ssl": "1"},
        )
        if not stage.retain:
            acknowledge(cluster, {"AwsSolutions-RDS10": "goes with its stage, which keeps no data; a snapshot is left"})
        group.add_ingress_rule(network.functions_group, aws_ec2.Port.tcp(5432), "functions that use the database")
        return cluster

    def _watch(self) -> None:
        maximum = aws_cloudwatch.Stats.MAXIMUM
        busy = self.cluster.metric_acu_utilization(period=Duration.minutes(5), statistic=maximum)
        self.alarms.custom(self, "BusyAlarm", busy, BUSY_PERCENT)
        open_ones = self.cluster.metric_database_connections(period=Duration.minutes(1), statistic=maximum)
        self.alarms.custom(self, "ConnectionsAlarm", open_ones, connections_at_most(self.stage) * BUSY_PERCENT // 100)


def connections_at_most(stage: Stage) -> int:
    """Return how many connections the cluster takes."""
    least, most = stage.database_capacity
    bound = max((count for units, count in CONNECTIONS if units <= most), default=CONNECTIONS[0][1])
    return min(bound, CONNECTIONS_FROM_NOTHING) if least < 1 else bound
