"""The network of a stage that has a cluster: where it is, and the functions that speak with it.

public      NAT gateways                     functions ─► NAT ─► providers of models, AWS      `egress: nat`
functions   what uses the database           functions ─► endpoints ─► AWS, and nothing else   `egress: endpoints`
database    the cluster; no way out          S3 and DynamoDB are reached by gateways, which cost nothing
"""

from aws_cdk import aws_ec2, aws_iam
from constructs import Construct

from infra.constructs.logs import log_group
from infra.stacks.base import HeddleStack
from infra.stacks.data import DataStack
from infra.stages import Stage

SUBNET = aws_ec2.SubnetType
SERVICE = aws_ec2.InterfaceVpcEndpointAwsService
GATEWAY = aws_ec2.GatewayVpcEndpointAwsService
FUNCTIONS, DATABASE = "Functions", "Database"
# What functions beside the database ask for, apart from tables and buckets.
ENDPOINTS = {
    "SecretsManager": SERVICE.SECRETS_MANAGER,
    "StepFunctions": SERVICE.STEP_FUNCTIONS,
    "Sqs": SERVICE.SQS,
    "Bedrock": SERVICE.BEDROCK_RUNTIME,
}


class NetworkStack(HeddleStack):
    """Two zones. Only what uses the database is in here: all other functions have no need of a network."""

    def __init__(self, scope: Construct, *, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, "Network", stage=stage, description="Heddle: the network around the database")
        self.key = data.imported_key(self)
        self.vpc = self._vpc()
        self._log_what_is_refused()
        self.functions_group = aws_ec2.SecurityGroup(
            self, "FunctionsGroup", vpc=self.vpc, description="functions that use the database"
        )
        if stage.egress == "endpoints":
            self._endpoints()
        self.output("VpcId", self.vpc.vpc_id)

    @property
    def function_subnets(self) -> list[aws_ec2.ISubnet]:
        """Where functions go."""
        return self.vpc.select_subnets(subnet_group_name=FUNCTIONS).subnets

    def _vpc(self) -> aws_ec2.Vpc:
        nat = self.stage.egress == "nat"
        subnet = aws_ec2.SubnetConfiguration
        public = [subnet(name="Public", subnet_type=SUBNET.PUBLIC, cidr_mask=26, map_public_ip_on_launch=False)]
        return aws_ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=self.stage.nat_gateways if nat else 0,
            subnet_configuration=[
                *(public if nat else []),
                # Sandboxes share network interfaces, but there may be thousands of them: room for as many addresses.
                subnet(
                    name=FUNCTIONS,
                    subnet_type=SUBNET.PRIVATE_WITH_EGRESS if nat else SUBNET.PRIVATE_ISOLATED,
                    cidr_mask=20,
                ),
                subnet(name=DATABASE, subnet_type=SUBNET.PRIVATE_ISOLATED, cidr_mask=26),
            ],
            gateway_endpoints={
                "S3": aws_ec2.GatewayVpcEndpointOptions(service=GATEWAY.S3),
                "DynamoDb": aws_ec2.GatewayVpcEndpointOptions(service=GATEWAY.DYNAMODB),
            },
            # That would be a function of CDK's; nothing here is in the group that everything is in which names none.
            restrict_default_security_group=False,
        )

    def _log_what_is_refused(self) -> None:
        role = aws_iam.Role(self, "FlowLogsRole", assumed_by=aws_iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        self.vpc.add_flow_log(
            "Refused",
            traffic_type=aws_ec2.FlowLogTrafficType.REJECT,
            destination=aws_ec2.FlowLogDestination.to_cloud_watch_logs(
                log_group(self, "FlowLogs", stage=self.stage, key=self.key), role
            ),
        )

    def _endpoints(self) -> None:
        group = aws_ec2.SecurityGroup(
            self, "EndpointsGroup", vpc=self.vpc, description="endpoints of AWS", allow_all_outbound=False
        )
        group.add_ingress_rule(self.functions_group, aws_ec2.Port.HTTPS, "functions ask AWS")
        for name, service in ENDPOINTS.items():
            self.vpc.add_interface_endpoint(
                name,
                service=service,
                open=False,
                security_groups=[group],
                subnets=aws_ec2.SubnetSelection(subnet_group_name=FUNCTIONS),
            )
