"""The REST API: one function behind one proxy integration, an authorizer before everything that is not public.

Which routes are public is read from the table in `heddle.runtime.api.routes`, which the handler enforces.
"""

from aws_cdk import Duration, Tags, aws_apigateway
from constructs import Construct

from heddle.runtime.api.routes.table import ALIAS_PREFIX, ELSEWHERE, ROUTES
from infra.constructs.acknowledge import acknowledge
from infra.constructs.grants import (
    read_table,
    start_executions,
    stop_executions,
    use_documents,
    use_payloads,
    use_plugins,
    wake_executions,
    write_table,
)
from infra.constructs.logs import log_group
from infra.constructs.model_access import MODEL_LAYERS
from infra.constructs.problem_responses import add_problem_responses
from infra.constructs.python_function import PythonFunction
from infra.stacks.base import HeddleStack
from infra.stacks.batches import Batches
from infra.stacks.content import ContentStack
from infra.stacks.data import DataStack
from infra.stacks.engine import EngineStack
from infra.stages import Stage

# The first part of every path: /api/workflows, as the edge in front serves it too.
STAGE_NAME = "api"
BINARY = ["application/octet-stream", "application/pdf", "image/*", "multipart/form-data"]
HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Api-Key", "X-Correlation-Id"]
EXPOSED = ["Location", "Retry-After", "X-Correlation-Id", "X-Next-Cursor"]
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latency": "$context.responseLatency",
    "length": "$context.responseLength",
    "tenant": "$context.authorizer.tenant",
    "principal": "$context.authorizer.principal",
    "error": "$context.error.message",
    "authorizerError": "$context.authorizer.error",
}


class ApiStack(HeddleStack):
    """`https://{api}/api/…`, where `api` is the name of the API's only deployment stage."""

    def __init__(
        self, scope: Construct, *, stage: Stage, data: DataStack, engine: EngineStack, content: ContentStack
    ) -> None:
        super().__init__(scope, "Api", stage=stage, description="Heddle: REST API")
        self.data, self.engine, self.content = data, engine, content
        self.key, self.alarms = data.imported_key(self), data.alarms
        self.run_plugins = self._run_plugins()
        self.batches = Batches(self, data=data, content=content, webhooks=engine.webhooks, run_plugins=self.run_plugins)
        self.rest = self._rest()
        self.hooks = self._hooks()
        self.documents = self._documents()
        self.plugins = self._plugins()
        self.analyze = self._analyze()
        self.authorizer = self._authorizer()
        self.api = self._api()
        self._routes()
        add_problem_responses(self.api, origins=stage.origins)
        self.alarms.custom(
            self.api, "FailingAlarm", self.api.metric_server_error(period=Duration.minutes(1), statistic="Sum"), 1
        )
        self.output("ApiUrl", self.api.url)
        self.output("ApiId", self.api.rest_api_id)
        self.output("ApiStage", STAGE_NAME)
        self.output_functions()

    def _rest(self) -> PythonFunction:
        data, engine = self.data, self.engine
        function = self.function(
            "Rest",
            "api/rest",
            ("core", "base", "api", "tokens", "rules"),
            environment={
                **engine.engine_environment(),
                **data.identity_environment(),
                "CONNECTIONS_TABLE": data.connections.table_name,
                **engine.task_environment(),
                "EVENT_BUS": data.bus.event_bus_name,
                "CORS_ORIGINS": ",".join(self.stage.origins),
                "STANDARD_STATE_MACHINE_ARN": engine.standard.state_machine_arn,
                "EXPRESS_STATE_MACHINE_ARN": engine.express.state_machine_arn,
                "HOOK_KEY_SECRET": data.hook_key.secret_arn,
                **engine.schedules.environment(),
                **self.batches.environment(),
                **engine.webhooks.webhook_environment(),
                **data.limits.environment(),
            },
            timeout=Duration.seconds(29),  # the longest that API Gateway waits
            memory_size=1024,
        )
        engine.allow_strand(function)  # runs of cheap nodes are answered at once, in this process
        # Topics and what is between people: notifications are sent from here, rules saved.
        write_table(function, data.catalog, data.spend, data.realtime, data.connections)
        engine.allow_tasks(function)
        wake_executions(function, engine.standard)
        stop_executions(function, engine.standard, engine.express)
        # Health: one harmless question to each thing the API depends on.
        function.allow(
            ["states:DescribeStateMachine"], engine.standard.state_machine_arn, engine.express.state_machine_arn
        )
        function.allow(["events:DescribeEventBus", "events:PutEvents"], data.bus.event_bus_arn)
        function.allow(["cognito-idp:DescribeUserPool"], data.pool.user_pool_arn)
        use_payloads(function, data.payloads)
        function.allow(["secretsmanager:GetSecretValue"], data.hook_key.secret_arn)
        engine.schedules.let_manage(function)
        self.batches.let_use(function)
        engine.webhooks.let_send(function)
        data.limits.let_read(function)
        return function

    def _hooks(self) -> PythonFunction:
        data, engine = self.data, self.engine
        function = self.function(
            "ReceiveHook",
            "triggers/receive_hook",
            ("core", "base", "api"),  # a run's input is checked against its workflow's schema
            environment={
                **engine.engine_environment(),
                **engine.task_environment(),
                "HOOK_KEY_SECRET": data.hook_key.secret_arn,
                **data.limits.environment(),
            },
            timeout=Duration.seconds(29),
            memory_size=1024,
        )
        data.limits.let_read(function)
        engine.allow_strand(function)  # who waits for a run of cheap nodes gets it from this process
        engine.allow_tasks(function)
        function.allow(["secretsmanager:GetSecretValue"], data.hook_key.secret_arn)
        return function

    def _documents(self) -> PythonFunction:
        """Return a function of its own: it alone opens connections to the database and embeds questions."""
        data, content = self.data, self.content
        function = self.function(
            "Documents",
            "content/documents",
            (*MODEL_LAYERS, "sql"),
            environment={
                **content.embedding_environment(),
                "HTTP_ALLOWED_HOSTS": ",".join(self.stage.http_allowed_hosts),
                **content.database_environment(patience=Duration.seconds(20)),  # and still an answer in time
                "CORS_ORIGINS": ",".join(self.stage.origins),
                "INGEST_STATE_MACHINE_ARN": content.ingest.state_machine_arn,
                "REEMBED_STATE_MACHINE_ARN": content.reembed.state_machine_arn,
            },
            timeout=Duration.seconds(29),
            memory_size=1024,
        )
        content.use_database(function)
        content.use_embeddings(function)
        use_documents(function, data.payloads)
        start_executions(function, content.ingest, content.reembed)
        return function

    def _plugins(self) -> PythonFunction:
        """Return a function of its own: the compiler and the sandbox weigh more than all the rest of the API."""
        data = self.data
        function = self.function(
            "Plugins",
            "plugins/answer",
            ("core", "base", "api", "wasm"),  # a configuration is checked against its plugin's schema
            environment={
                **data.data_environment(),
                "CORS_ORIGINS": ",".join(self.stage.origins),
                "PLUGIN_KEY_SECRET": data.plugin_key.secret_arn,
            },
            timeout=Duration.seconds(29),
            memory_size=1769,  # a whole processor: compiling is the longest thing it does
        )
        write_table(function, data.catalog, data.runs)
        use_plugins(function, data.payloads)
        function.allow(["secretsmanager:GetSecretValue"], data.plugin_key.secret_arn)
        return function

    def _run_plugins(self) -> PythonFunction:
        """Return the function that runs plugins of analyses: who asks it needs neither their layer nor their key."""
        data = self.data
        function = self.function(
            "RunPlugins",
            "plugins/run",
            ("core", "base", "wasm"),
            environment={**data.data_environment(), "PLUGIN_KEY_SECRET": data.plugin_key.secret_arn},
            timeout=Duration.seconds(60),
            memory_size=1769,  # a whole processor: plugins wait for nothing
        )
        read_table(function, data.catalog)
        write_table(function, data.runs)  # their log
        use_plugins(function, data.payloads)
        function.allow(["secretsmanager:GetSecretValue"], data.plugin_key.secret_arn)
        return function

    def _analyze(self) -> PythonFunction:
        """Return a function of its own: it alone has the parsers, and a document takes memory and processor."""
        function = self.function(
            "Analyze",
            "content/analyze",
            (*MODEL_LAYERS, "parse"),
            environment={**self.content.embedding_environment(), "CORS_ORIGINS": ",".join(self.stage.origins)},
            timeout=Duration.seconds(29),
            memory_size=1769,  # a whole processor
        )
        function.allow_invoke(self.run_plugins)
        function.add_environment("PLUGIN_FUNCTION", self.run_plugins.function_name)
        self.content.use_embeddings(function)  # a model refines what is asked for: as of embedding, under budgets
        write_table(function, self.data.runs)
        use_payloads(function, self.data.payloads, write=False)
        return function

    def _authorizer(self) -> aws_apigateway.RequestAuthorizer:
        function = self.function(
            "Authorizer",
            "auth/authorizer",
            ("core", "base", "auth"),
            environment={**self.data.data_environment(), **self.data.identity_environment()},
            timeout=Duration.seconds(10),
            memory_size=1024,
        )
        write_table(function, self.data.catalog)
        read_table(function, self.data.runs)
        # Not cached: API Gateway refuses a request that lacks one of the cache key's headers, and ours carry either
        # Authorization or X-Api-Key. What is asked each time is also revoked at once (docs/decisions/0063).
        return aws_apigateway.RequestAuthorizer(
            self, "RequestAuthorizer", handler=function, identity_sources=[], results_cache_ttl=Duration.seconds(0)
        )

    def _api(self) -> aws_apigateway.RestApi:
        stage = self.stage
        origins = list(stage.origins)
        api = aws_apigateway.RestApi(
            self,
            "Rest-Api",
            rest_api_name=f"heddle-{stage.name}",
            description=f"Heddle {stage.name}",
            endpoint_types=[aws_apigateway.EndpointType.REGIONAL],
            cloud_watch_role=not stage.local,
            binary_media_types=BINARY,
            deploy_options=aws_apigateway.StageOptions(
                stage_name=STAGE_NAME,
                throttling_rate_limit=stage.requests_per_second,
                throttling_burst_limit=stage.request_burst,
                tracing_enabled=stage.tracing,
                metrics_enabled=True,
                logging_level=aws_apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                access_log_destination=aws_apigateway.LogGroupLogDestination(
                    log_group(self, "AccessLogs", stage=stage, key=self.key)
                ),
                access_log_format=aws_apigateway.AccessLogFormat.custom(self.to_json_string(ACCESS_LOG)),
            ),
            default_cors_preflight_options=aws_apigateway.CorsOptions(
                allow_origins=origins,
                allow_methods=aws_apigateway.Cors.ALL_METHODS,
                allow_headers=HEADERS,
                expose_headers=EXPOSED,
                max_age=Duration.hours(1),
            ),
        )
        if stage.api_id:
            Tags.of(api).add("ms-custom-id", stage.api_id, include_resource_types=["AWS::ApiGateway::RestApi"])
        acknowledge(
            api,
            {
                "AwsSolutions-APIG2": "one function behind one integration: it checks each request against the models "
                "that the OpenAPI document is made from, and answers with every error at once",
                "AwsSolutions-APIG3": "the firewall belongs to the edge in front of this API, not to the API",
                "AwsSolutions-COG4": "the authorizer takes the pool's tokens and API keys too, and gives both a tenant",
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AmazonAPIGatewayPushToCloudWatchLogs]": "the policy that AWS made for exactly this role",
            },
        )
        return api

    def _routes(self) -> None:
        integration = aws_apigateway.LambdaIntegration(
            self.rest, proxy=True, allow_test_invoke=False, scope_permission_to_method=False
        )

        def guard(resource: aws_apigateway.IResource, by: aws_apigateway.LambdaIntegration = integration) -> None:
            resource.add_method(
                "ANY",
                by,
                authorizer=self.authorizer,
                authorization_type=aws_apigateway.AuthorizationType.CUSTOM,
            )

        hooks = aws_apigateway.LambdaIntegration(
            self.hooks, proxy=True, allow_test_invoke=False, scope_permission_to_method=False
        )
        for prefix in ("", ALIAS_PREFIX):
            for route in ELSEWHERE:
                resource = self.api.root.resource_for_path(prefix + route.path)
                method = resource.add_method(
                    route.method, hooks, authorization_type=aws_apigateway.AuthorizationType.NONE
                )
                acknowledge(method, {"AwsSolutions-APIG4": "public: each request carries the signature of its sender"})
        guard(self.api.root)
        guard(self.api.root.add_resource("{proxy+}"))
        parts = (("documents", self.documents), ("plugins", self.plugins), ("analyze", self.analyze))
        for noun, function in parts:
            own = aws_apigateway.LambdaIntegration(
                function, proxy=True, allow_test_invoke=False, scope_permission_to_method=False
            )
            for prefix in ("", ALIAS_PREFIX):
                resource = self.api.root.resource_for_path(f"{prefix}/{noun}")
                guard(resource, own)
                if noun != "analyze":  # it has nothing below it
                    guard(resource.add_resource("{proxy+}"), own)
        for path in public_paths():
            resource = self.api.root.resource_for_path(path)
            guard(resource)  # a path with a resource of its own is no longer covered by {proxy+}
            for verb in sorted(
                {route.method for route in ROUTES if route.role == "public" and route.path == _own(path)}
            ):
                method = resource.add_method(
                    verb, integration, authorization_type=aws_apigateway.AuthorizationType.NONE
                )
                acknowledge(method, {"AwsSolutions-APIG4": "public by the table of routes"})


def public_paths() -> list[str]:
    """Return the paths that need no credential, and the same below the prefix that also answers."""
    paths = sorted({route.path for route in ROUTES if route.role == "public"})
    return [prefix + path for prefix in ("", ALIAS_PREFIX) for path in paths]


def _own(path: str) -> str:
    return path.removeprefix(ALIAS_PREFIX) if path.startswith(f"{ALIAS_PREFIX}/") else path
