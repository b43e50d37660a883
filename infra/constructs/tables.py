"""Tables: on demand, restorable to any second of the last 35 days, encrypted with KMS."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, aws_dynamodb, aws_kms
from constructs import Construct

from infra.stages import Stage

STRING = aws_dynamodb.AttributeType.STRING
NUMBER = aws_dynamodb.AttributeType.NUMBER


class Table(aws_dynamodb.Table):
    """`Table(self, "Runs", stage=stage, key=None, indexes=["gsi1"], expires=True)`: keys `pk` and `sk`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: aws_kms.IKey | None,
        sort_key: aws_dynamodb.AttributeType = STRING,
        indexes: Sequence[str] = (),
        stream: bool = False,
        expires: bool = False,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            partition_key=aws_dynamodb.Attribute(name="pk", type=STRING),
            sort_key=aws_dynamodb.Attribute(name="sk", type=sort_key),
            billing_mode=aws_dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=_encryption(key),
            encryption_key=key,
            point_in_time_recovery_specification=aws_dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=aws_dynamodb.StreamViewType.NEW_IMAGE if stream else None,
            time_to_live_attribute="expires_at" if expires else None,
            deletion_protection=stage.retain,
            removal_policy=RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.DESTROY,
        )
        self.arns = [self.table_arn, *(f"{self.table_arn}/index/{name}" for name in indexes)]
        for name in indexes:
            self.add_global_secondary_index(
                index_name=name,
                partition_key=aws_dynamodb.Attribute(name=f"{name}pk", type=STRING),
                sort_key=aws_dynamodb.Attribute(name=f"{name}sk", type=STRING),
                projection_type=aws_dynamodb.ProjectionType.ALL,
            )


def _encryption(key: aws_kms.IKey | None) -> aws_dynamodb.TableEncryption:
    return aws_dynamodb.TableEncryption.CUSTOMER_MANAGED if key else aws_dynamodb.TableEncryption.AWS_MANAGED
