"""WebSockets: connections, their mailboxes, and what brings topics to those who listen.

client ─► receive ─► mailboxes ─► act ─► topics          live run ─► event stream ─► publish_run ─► topics
topics ─► their stream ─► fan_out ─► deliveries ─► deliver ─► client
"""

from aws_cdk import Duration, aws_apigatewayv2, aws_apigatewayv2_integrations
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.constructs.acknowledge import acknowledge
from infra.constructs.grants import (
    manage_connections,
    read_stream,
    read_table,
    receive_messages,
    send_messages,
    use_payloads,
    write_table,
)
from infra.constructs.logs import log_group
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_with_dead_letters import Mailboxes
from infra.constructs.stream_consumer import StreamConsumer
from infra.constructs.timer import Timer
from infra.stacks.base import HeddleStack
from infra.stacks.data import DataStack
from infra.stages import Stage

# The path of every connection: wss://{api}…/ws, as the edge in front serves it too.
STAGE_NAME = "ws"
LIVE_COMMITS = {"dynamodb": {"NewImage": {"kind": {"S": ["commit"]}, "live": {"BOOL": [True]}}}}
APPENDS = {"eventName": ["INSERT"]}
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "route": "$context.routeKey",
    "event": "$context.eventType",
    "connection": "$context.connectionId",
    "status": "$context.status",
    "ip": "$context.identity.sourceIp",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}


class RealtimeStack(HeddleStack):
    """Everything here can be deleted: clients connect again and read the logs of their topics."""

    def __init__(self, scope: Construct, *, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, "Realtime", stage=stage, description="Heddle: WebSockets, mailboxes, live output")
        self.data, self.key, self.alarms = data, data.imported_key(self), data.alarms
        self.api = aws_apigatewayv2.WebSocketApi(
            self, "Sockets", api_name=f"heddle-{stage.name}-ws", description=f"Heddle {stage.name}: WebSockets"
        )
        act_time, delivery_time = Duration.seconds(10), Duration.seconds(30)
        self.mailbox = Mailboxes(self, "Mailbox", handled_within=act_time, key=self.key, alarms=self.alarms)
        self.deliveries = Mailboxes(self, "Deliveries", handled_within=delivery_time, key=self.key, alarms=self.alarms)

        routes = {"$connect": self._connect(), "$disconnect": self._disconnect(), "$default": self._receive()}
        for route, function in routes.items():
            self._route(route, function)
        self._deploy()
        self._act(act_time)
        self._deliver(delivery_time)
        fan_out, publish_run, tending = self._fan_out(), self._publish_run(), self._tend()
        self._redrive(fan_out, publish_run, tending)

        self.output("SocketsApiId", self.api.api_id)
        self.output("SocketsStage", STAGE_NAME)
        self.output("SocketsUrl", f"{self.api.api_endpoint}/{STAGE_NAME}")
        for name, queue in {
            "MailboxUrl": self.mailbox.queue,
            "MailboxDeadLettersUrl": self.mailbox.dead_letters,
            "DeliveriesUrl": self.deliveries.queue,
            "DeliveriesDeadLettersUrl": self.deliveries.dead_letters,
            "FanOutFailuresUrl": fan_out.failures,
            "PublishRunFailuresUrl": publish_run.failures,
            "TendDeadLettersUrl": tending.dead_letters,
        }.items():
            self.output(name, queue.queue_url)
        self.output_functions()

    @property
    def endpoint(self) -> str:
        """Where messages for connections are posted to."""
        if self.stage.endpoint:
            return f"{self.stage.endpoint}/_aws/execute-api/{self.api.api_id}/{STAGE_NAME}"
        return f"https://{self.api.api_id}.execute-api.{self.region}.{self.url_suffix}/{STAGE_NAME}"

    def _function(
        self,
        name: str,
        *,
        timeout: Duration,
        layers: tuple[str, ...] = ("core", "base"),
        sends: bool = False,
        memory_size: int = 512,
        **environment: str,
    ) -> PythonFunction:
        """Return a function of the service: it has the connections' table, and if it `sends`, the sockets."""
        function = self.function(
            "".join(part.capitalize() for part in name.split("_")),
            f"realtime/{name}",
            layers,
            environment={
                "CONNECTIONS_TABLE": self.data.connections.table_name,
                "REALTIME_TABLE": self.data.realtime.table_name,
                **({"GATEWAY_ENDPOINT": self.endpoint} if sends else {}),
                **environment,
            },
            timeout=timeout,
            memory_size=memory_size,
        )
        write_table(function, self.data.connections)
        if sends:
            manage_connections(function, self.api, STAGE_NAME)
        return function

    def _connect(self) -> PythonFunction:
        function = self._function(
            "connect",
            timeout=Duration.seconds(10),
            layers=("core", "base", "auth"),
            sends=True,
            memory_size=1024,
            MAILBOX_URL=self.mailbox.queue.queue_url,
            CATALOG_TABLE=self.data.catalog.table_name,
            **self.data.identity_environment(),
            **self.data.limits.environment(),
        )
        self.data.limits.let_read(function)
        write_table(function, self.data.catalog)  # API keys note when they were used
        send_messages(function, self.mailbox.queue)
        return function

    def _disconnect(self) -> PythonFunction:
        function = self._function("disconnect", timeout=Duration.seconds(20))
        write_table(function, self.data.realtime)  # presence
        return function

    def _receive(self) -> PythonFunction:
        function = self._function(
            "receive",
            timeout=Duration.seconds(10),
            layers=("core", "base", "auth"),  # credentials are renewed here
            sends=True,
            memory_size=1024,
            MAILBOX_URL=self.mailbox.queue.queue_url,
            LIMITS_PROFILE=self.data.limits.profile,
            **self.data.identity_environment(),
        )
        self.data.limits.let_read(function)
        send_messages(function, self.mailbox.queue)
        return function

    def _act(self, timeout: Duration) -> None:
        function = self._function(
            "act",
            timeout=timeout,
            layers=("core", "base", "rules"),
            sends=True,
            DELIVERIES_URL=self.deliveries.queue.queue_url,
            EVENT_TABLE=self.data.events.table_name,
            BATCHES_TABLE=self.data.batches.table_name,
            PAYLOAD_BUCKET=self.data.payloads.bucket_name,
        )
        write_table(function, self.data.realtime)
        read_table(function, self.data.events, self.data.batches)  # does the run, the batch exist?
        use_payloads(function, self.data.payloads, write=False)
        send_messages(function, self.deliveries.queue)
        function.add_event_source(
            sources.SqsEventSource(self.mailbox.queue, batch_size=10, report_batch_item_failures=True)
        )

    def _deliver(self, timeout: Duration) -> None:
        # Two thirds of a processor: what it does is signing and sending, on many threads.
        function = self._function(
            "deliver", timeout=timeout, sends=True, memory_size=1024, DELIVERIES_URL=self.deliveries.queue.queue_url
        )
        write_table(function, self.data.realtime)  # presence of those found gone
        send_messages(function, self.deliveries.queue)
        function.add_event_source(
            sources.SqsEventSource(self.deliveries.queue, batch_size=10, report_batch_item_failures=True)
        )

    def _fan_out(self) -> StreamConsumer:
        function = self._function(
            "fan_out", timeout=Duration.seconds(30), DELIVERIES_URL=self.deliveries.queue.queue_url
        )
        send_messages(function, self.deliveries.queue)
        return StreamConsumer(
            self,
            "FanOutStream",
            table=self.data.realtime,
            function=function,
            filters=[APPENDS],
            key=self.key,
            alarms=self.alarms,
            attempts=5,
            lanes=10,
        )

    def _publish_run(self) -> StreamConsumer:
        function = self._function("publish_run", timeout=Duration.seconds(30))
        write_table(function, self.data.realtime)
        return StreamConsumer(
            self,
            "PublishRunStream",
            table=self.data.events,
            function=function,
            filters=[LIVE_COMMITS],
            key=self.key,
            alarms=self.alarms,
            attempts=5,
            lanes=10,
        )

    def _tend(self) -> Timer:
        function = self._function(
            "tend", timeout=Duration.seconds(50), sends=True, DELIVERIES_URL=self.deliveries.queue.queue_url
        )
        write_table(function, self.data.realtime)  # presence, notifications
        send_messages(function, self.deliveries.queue)
        return Timer(self, "Timer", function=function, every=Duration.minutes(1), key=self.key, alarms=self.alarms)

    def _redrive(self, fan_out: StreamConsumer, publish_run: StreamConsumer, tending: Timer) -> None:
        function = self._function(
            "redrive_frames",
            timeout=Duration.minutes(15),
            DELIVERIES_URL=self.deliveries.queue.queue_url,
            EVENT_TABLE=self.data.events.table_name,
            PAYLOAD_BUCKET=self.data.payloads.bucket_name,
        )
        mailboxes = (self.mailbox, self.deliveries)
        receive_messages(
            function,
            *(mailbox.dead_letters for mailbox in mailboxes),
            fan_out.failures,
            publish_run.failures,
            tending.dead_letters,
        )
        send_messages(function, *(mailbox.queue for mailbox in mailboxes))
        write_table(function, self.data.realtime)  # what batches of live runs add to topics
        for table in (self.data.events, self.data.realtime):
            read_stream(function, table)

    def _route(self, key: str, function: PythonFunction) -> None:
        name = key.removeprefix("$").capitalize()
        integration = aws_apigatewayv2_integrations.WebSocketLambdaIntegration(f"{name}Integration", function)
        route = self.api.add_route(key, integration=integration)
        acknowledge(
            route,
            {"AwsSolutions-APIG4": "functions/realtime/connect checks the credential, wherever it was sent"},
        )

    def _deploy(self) -> None:
        logs = log_group(self, "AccessLogs", stage=self.stage, key=self.key)
        aws_apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name=STAGE_NAME,
            auto_deploy=True,
            access_log_settings=aws_apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=logs.log_group_arn, format=self.to_json_string(ACCESS_LOG)
            ),
            default_route_settings=aws_apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=self.stage.frames_per_second,
                throttling_burst_limit=self.stage.frame_burst,
                detailed_metrics_enabled=True,
                data_trace_enabled=False,
            ),
        )
