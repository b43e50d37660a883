"""What must outlive the code: tables, payloads, the bus, users, and the key that encrypts them."""

from aws_cdk import (
    Duration,
    RemovalPolicy,
    aws_cognito,
    aws_events,
    aws_iam,
    aws_kms,
    aws_s3,
    aws_secretsmanager,
    aws_sns,
)
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from heddle.adapters.aws.batch_files import KEPT_TAG
from heddle.domain.batches.batch import KEPT_DAYS
from infra.constructs.acknowledge import acknowledge
from infra.constructs.alarms import Alarms
from infra.constructs.live_limits import LiveLimits
from infra.constructs.tables import NUMBER, Table
from infra.stacks.base import HeddleStack
from infra.stages import Stage

ROLES = ("viewer", "editor", "admin")
HTTP = aws_s3.HttpMethods


class DataStack(HeddleStack):
    """Everything with a state that cannot be rebuilt from somewhere else, and the runs table that can."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        super().__init__(scope, "Data", stage=stage, description="Heddle: tables, payloads, bus and users")
        self.removal = RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.DESTROY
        self.key = self._key() if stage.customer_key else None
        self.topic = self._topic() if stage.alarms else None
        self.alarms = Alarms(self.topic)

        self.events = Table(self, "Events", stage=stage, key=self.key, sort_key=NUMBER, stream=True)
        self.catalog = Table(self, "Catalog", stage=stage, key=self.key, indexes=["gsi1"], expires=True)
        self.runs = Table(self, "Runs", stage=stage, key=self.key, indexes=["gsi1", "gsi2"], expires=True)
        self.spend = Table(self, "Spend", stage=stage, key=self.key, indexes=["gsi1", "gsi2"], expires=True)
        self.realtime = Table(self, "Realtime", stage=stage, key=self.key, sort_key=NUMBER, stream=True, expires=True)
        self.connections = Table(self, "Connections", stage=stage, key=self.key, indexes=["gsi1"], expires=True)
        self.batches = Table(self, "Batches", stage=stage, key=self.key, indexes=["gsi1"], expires=True)
        self.payloads = self._payloads()
        self.hook_key = self._stage_key(
            "HookKey",
            what="what the secrets of webhooks are made from",
            why_kept="another key would void the secret of every webhook at once: each is rotated by itself instead "
            "(POST /triggers/{id}/rotate-secret, POST /webhooks/secret/rotate)",
        )
        default = {"concurrent_runs": stage.tenant_concurrency}
        self.limits = LiveLimits(self, "Limits", stage_name=stage.name, default=default)
        self.plugin_key = self._stage_key(
            "PluginKey",
            what="what compiled plugins are sealed with",
            why_kept="another key would make every compiled plugin worthless at once; it never leaves the functions "
            "that compile and run them, and each plugin is sealed anew when it is reloaded",
        )
        # Not encrypted with the stage's key: a bus with such a key cannot be archived, and events hold references only.
        self.bus = aws_events.EventBus(self, "Bus", description=f"What happened in Heddle {stage.name}")
        self.pool = self._pool()
        self.client = self._client()

        for name, value in {
            "EventTable": self.events.table_name,
            "CatalogTable": self.catalog.table_name,
            "RunsTable": self.runs.table_name,
            "SpendTable": self.spend.table_name,
            "RealtimeTable": self.realtime.table_name,
            "ConnectionsTable": self.connections.table_name,
            "BatchesTable": self.batches.table_name,
            "PayloadBucket": self.payloads.bucket_name,
            "EventBus": self.bus.event_bus_name,
            "LimitsProfile": self.limits.profile,
            "LimitsStrategy": self.limits.strategy,
            "UserPoolId": self.pool.user_pool_id,
            "UserPoolClientId": self.client.user_pool_client_id,
        }.items():
            self.output(name, value)
        self.output_functions()

    def data_environment(self) -> dict[str, str]:
        """Where functions find the data."""
        return {
            "EVENT_TABLE": self.events.table_name,
            "CATALOG_TABLE": self.catalog.table_name,
            "RUNS_TABLE": self.runs.table_name,
            "SPEND_TABLE": self.spend.table_name,
            "REALTIME_TABLE": self.realtime.table_name,
            "CONNECTIONS_TABLE": self.connections.table_name,
            "PAYLOAD_BUCKET": self.payloads.bucket_name,
        }

    def identity_environment(self) -> dict[str, str]:
        """Where functions check who somebody is."""
        return {
            "USER_POOL_ID": self.pool.user_pool_id,
            "USER_POOL_CLIENT_ID": self.client.user_pool_client_id,
            "JWT_ISSUER": self.issuer,
            "JWKS_URL": self.jwks_url,
        }

    def imported_key(self, scope: Construct) -> aws_kms.IKey | None:
        """Return the stage's key for use in another stack, where grants leave its policy alone (see `_key`)."""
        return aws_kms.Key.from_key_arn(scope, "StageKey", self.key.key_arn) if self.key else None

    @property
    def issuer(self) -> str:
        """The `iss` of the pool's tokens."""
        return f"https://cognito-idp.{self.region}.{self.url_suffix}/{self.pool.user_pool_id}"

    @property
    def jwks_url(self) -> str:
        """Where the pool's public keys are: on the emulator that is not below the issuer."""
        base = f"{self.stage.endpoint}/{self.pool.user_pool_id}" if self.stage.endpoint else self.issuer
        return f"{base}/.well-known/jwks.json"

    def _key(self) -> aws_kms.Key:
        key = aws_kms.Key(
            self,
            "Key",
            description=f"Heddle {self.stage.name}: data at rest",
            enable_key_rotation=True,
            removal_policy=self.removal,
        )
        # Services that write to encrypted queues, topics and log groups for us. Named here, once: a grant made in
        # another stack would put that stack's names into this key's policy, and the two would need each other.
        key.add_to_resource_policy(
            aws_iam.PolicyStatement(
                principals=[
                    aws_iam.ServicePrincipal("events.amazonaws.com"),
                    aws_iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                ],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        logs = self.format_arn(service="logs", resource="*")
        key.add_to_resource_policy(
            aws_iam.PolicyStatement(
                principals=[aws_iam.ServicePrincipal(f"logs.{self.region}.amazonaws.com")],
                actions=[
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
            )
        )
        return key

    def _stage_key(self, name: str, *, what: str, why_kept: str) -> aws_secretsmanager.Secret:
        """Return a secret of chance that the whole stage derives from; `why_kept` is why it is never rotated."""
        secret = aws_secretsmanager.Secret(
            self,
            name,
            description=f"Heddle {self.stage.name}: {what}",
            encryption_key=self.key,
            generate_secret_string=aws_secretsmanager.SecretStringGenerator(password_length=64),
            removal_policy=self.removal,
        )
        acknowledge(secret, {"AwsSolutions-SMG4": why_kept})
        return secret

    def _topic(self) -> aws_sns.Topic:
        topic = aws_sns.Topic(self, "Alarms", master_key=self.key, enforce_ssl=True)
        if self.stage.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self.stage.alarm_email))
        return topic

    def _payloads(self) -> aws_s3.Bucket:
        encryption = aws_s3.BucketEncryption
        bucket = aws_s3.Bucket(
            self,
            "Payloads",
            encryption=encryption.KMS if self.key else encryption.S3_MANAGED,
            encryption_key=self.key,
            bucket_key_enabled=True if self.key else None,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            # Objects are named by their content and never change: a second version of one would be the same bytes.
            versioned=False,
            event_bridge_enabled=False,
            removal_policy=self.removal,
            cors=[
                aws_s3.CorsRule(
                    allowed_methods=[HTTP.PUT, HTTP.GET, HTTP.HEAD],
                    allowed_origins=list(self.stage.origins),
                    allowed_headers=["*"],
                    exposed_headers=["ETag"],
                    max_age=3600,
                )
            ],
            lifecycle_rules=[
                aws_s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    transitions=[
                        aws_s3.Transition(
                            storage_class=aws_s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(30)
                        )
                    ],
                ),
                # Files of batches end with their rows. By a tag: the tenant, not the kind, begins an object's name.
                aws_s3.LifecycleRule(tag_filters=dict([KEPT_TAG]), expiration=Duration.days(KEPT_DAYS)),
            ],
        )
        acknowledge(
            bucket,
            {
                "AwsSolutions-S1": "reached by our functions, which log each call, and by addresses signed for fifteen "
                "minutes; whoever needs every access has it from CloudTrail data events of the account"
            },
        )
        return bucket

    def _pool(self) -> aws_cognito.UserPool:
        plan = aws_cognito.FeaturePlan
        threats = aws_cognito.StandardThreatProtectionMode
        pool = aws_cognito.UserPool(
            self,
            "Users",
            self_sign_up_enabled=False,
            sign_in_aliases=aws_cognito.SignInAliases(username=True, email=True),
            sign_in_case_sensitive=False,
            account_recovery=aws_cognito.AccountRecovery.EMAIL_ONLY,
            custom_attributes={"tenant": aws_cognito.StringAttribute(mutable=False, min_len=1, max_len=64)},
            password_policy=aws_cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            # Claims of the access token (pre-token trigger V2) need at least the Essentials plan.
            feature_plan=plan.PLUS if self.stage.threat_protection else plan.ESSENTIALS,
            standard_threat_protection_mode=threats.FULL_FUNCTION if self.stage.threat_protection else None,
            deletion_protection=self.stage.retain,
            removal_policy=self.removal,
        )
        trigger = self.function(
            "PreToken", "auth/pre_token", ("core", "base"), timeout=Duration.seconds(5), memory_size=512
        )
        pool.add_trigger(
            aws_cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG, trigger, aws_cognito.LambdaVersion.V2_0
        )
        for role in ROLES:
            aws_cognito.CfnUserPoolGroup(
                self, role.capitalize(), user_pool_id=pool.user_pool_id, group_name=role, description=f"role {role}"
            )
        acknowledge(
            pool,
            {
                "AwsSolutions-COG2": "people sign in through the API, whose login has no second step; companies bring "
                "their own identity provider, which has one",
                **(
                    {}
                    if self.stage.threat_protection
                    else {
                        "AwsSolutions-COG3": "threat protection is priced by user: a stage value",
                        "AwsSolutions-COG8": "the Plus plan is priced by user: a value of the stage",
                    }
                ),
            },
        )
        return pool

    def _client(self) -> aws_cognito.UserPoolClient:
        read = aws_cognito.ClientAttributes().with_standard_attributes(email=True).with_custom_attributes("tenant")
        return self.pool.add_client(
            "Client",
            auth_flows=aws_cognito.AuthFlow(user_password=True),
            generate_secret=False,
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
            # Each refresh gives a new refresh token; the old one works for ten seconds more, for retries.
            refresh_token_rotation_grace_period=Duration.seconds(10),
            read_attributes=read,
            write_attributes=aws_cognito.ClientAttributes().with_standard_attributes(email=True),
        )
