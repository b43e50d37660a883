"""Log groups with an end."""

from aws_cdk import RemovalPolicy, aws_kms, aws_logs
from constructs import Construct

from infra.stages import Stage

# CDK's enumeration has names only; CloudWatch accepts these numbers of days and no others.
RETENTION = {
    1: aws_logs.RetentionDays.ONE_DAY,
    3: aws_logs.RetentionDays.THREE_DAYS,
    7: aws_logs.RetentionDays.ONE_WEEK,
    14: aws_logs.RetentionDays.TWO_WEEKS,
    30: aws_logs.RetentionDays.ONE_MONTH,
    90: aws_logs.RetentionDays.THREE_MONTHS,
    180: aws_logs.RetentionDays.SIX_MONTHS,
    365: aws_logs.RetentionDays.ONE_YEAR,
}


def log_group(
    scope: Construct, construct_id: str, *, stage: Stage, key: aws_kms.IKey | None = None
) -> aws_logs.LogGroup:
    """Return a log group that forgets after the stage's days and, where the stage has a key, is encrypted with it."""
    return aws_logs.LogGroup(
        scope,
        construct_id,
        retention=RETENTION[stage.log_retention_days],
        removal_policy=RemovalPolicy.DESTROY,
        encryption_key=key,
    )
