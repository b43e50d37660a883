"""The queue that runs enter by, the state machines that drive them, and the functions that do the work."""

import json
from typing import Literal

from aws_cdk import Duration, Stack, aws_events, aws_events_targets, aws_iam, aws_sqs, aws_stepfunctions
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from heddle.domain.models.settings import FUNCTIONS
from heddle.domain.priority import HIGH, LOW, NORMAL, PRIORITIES
from infra.constructs.acknowledge import acknowledge, wildcard_in
from infra.constructs.grants import (
    call_models,
    execution_arns,
    publish,
    read_secrets,
    read_table,
    send_messages,
    start_executions,
    use_documents,
    use_payloads,
    watch_executions,
    write_table,
)
from infra.constructs.logs import log_group
from infra.constructs.model_access import MODEL_LAYERS, provider_environment, provider_keys
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_board import QueueBoard, backlog
from infra.constructs.queue_with_dead_letters import KEEPING_TIME, KEPT_ATTEMPTS, QueueWithDeadLetters
from infra.constructs.schedule_group import ScheduleGroup
from infra.stacks.base import HeddleStack
from infra.stacks.content import ContentStack
from infra.stacks.data import DataStack
from infra.stacks.webhooks import WebhooksStack
from infra.stages import Stage
from infra.state_machine import definition

Variant = Literal["standard", "express"]

# Node functions by the key that a dispatch names; `llm_default` is the one of these that the stage's provider needs.
NODES: dict[str, tuple[str, ...]] = {
    "http": ("core", "base"),
    "parse": (*MODEL_LAYERS, "parse"),  # a model may refine what `analyze` found
    "emit": ("core", "base"),
    "documents": (*MODEL_LAYERS, "sql"),
    "code": ("core", "base", "wasm"),
    "llm": MODEL_LAYERS,
    "llm_openai": MODEL_LAYERS,
    "llm_anthropic": MODEL_LAYERS,
}
# Parsing and code take a whole processor (1,769 MB is where Lambda gives one); the rest mostly waits for others.
MEMORY = {"parse": 1769, "code": 1769}
# What of the stage's dispatch concurrency each queue may use; Lambda takes no less than two.
CONCURRENCY = {HIGH: 2.0, NORMAL: 1.0, LOW: 0.5}
# How long the oldest message may wait before somebody is told. Nobody is waiting for runs of low priority.
WAITING_LIMIT = {HIGH: Duration.minutes(5), NORMAL: Duration.minutes(15), LOW: Duration.hours(4)}
# How many messages may wait for each dispatcher: some 30 seconds of work for it. Above, more dispatchers are wanted.
BACKLOG_LIMIT = 600
# A node may take as long as Lambda allows.
NODE_TIME = Duration.minutes(15)


MODEL_FUNCTIONS = tuple(dict.fromkeys(FUNCTIONS.values()))


def default_function(stage: Stage) -> str:
    """Return the node function of the stage's default provider."""
    return FUNCTIONS[stage.default_provider]


class EngineStack(HeddleStack):
    """`tasks` is the one entrance of every start, retry, resume and recovery."""

    def __init__(
        self, scope: Construct, *, stage: Stage, data: DataStack, content: ContentStack, webhooks: WebhooksStack
    ) -> None:
        super().__init__(scope, "Engine", stage=stage, description="Heddle: queue, state machines and node functions")
        self.data, self.key, self.alarms = data, data.imported_key(self), data.alarms
        self.content, self.webhooks = content, webhooks

        dispatch_time = Duration.minutes(2)  # runs of mode inline are carried out here
        self._task_queues(dispatch_time)

        self.schedules = ScheduleGroup(
            self, "Timers", stage=stage, target=self.tasks, dead_letters=self.dead_tasks, key=self.key
        )
        self.nodes = {name: self._node(name, layers) for name, layers in NODES.items()}
        self.advance = self._advance()
        self.callbacks = self._callbacks()
        self.standard = self._machine("standard")
        self._let_callbacks_wake()
        self.express = self._machine("express")
        self.dispatch = self._dispatch(dispatch_time)
        self._watch_executions()
        self._keep_dead_letters()

        for name, value in {
            "TaskQueueUrl": self.tasks.queue_url,
            "PriorityQueueUrls": self._priority_urls(),
            "DeadTasksUrl": self.dead_tasks.queue_url,
            "TaskDeadLettersUrl": self.task_dead_letters.queue_url,
            "StandardStateMachineArn": self.standard.state_machine_arn,
            "ExpressStateMachineArn": self.express.state_machine_arn,
            "NodeFunctions": self.node_functions,
        }.items():
            self.output(name, value)
        self.output_functions()

    @property
    def node_functions(self) -> str:
        """The table of node functions, key → ARN, as JSON."""
        default = default_function(self.stage)
        table = {name: function.function_arn for name, function in self.nodes.items()}
        return self.to_json_string({**table, "llm_default": self.nodes[default].function_arn})

    def task_environment(self) -> dict[str, str]:
        """Return what every function that asks for runs is told; `allow_tasks` lets it."""
        return {"TASK_QUEUE_URL": self.tasks.queue_url, "PRIORITY_QUEUE_URLS": self._priority_urls()}

    def allow_tasks(self, function: PythonFunction) -> None:
        """Let the function send to the task queue, whatever the priority."""
        send_messages(function, *self.task_queues.values())

    def _task_queues(self, handled_within: Duration) -> None:
        # What is given up is read again, by the function that shows it to its tenant; what belongs to none ends with
        # operators.
        given_up = QueueWithDeadLetters(
            self,
            "DeadTasks",
            handled_within=KEEPING_TIME,
            key=self.key,
            alarms=self.alarms,
            attempts=KEPT_ATTEMPTS,
        )
        self.dead_tasks, self.task_dead_letters = given_up.queue, given_up.dead_letters
        self.alarms.arriving(self.dead_tasks, "DeadTasksAlarm")
        self.task_queues: dict[str, aws_sqs.Queue] = {}
        for priority, construct_id in {NORMAL: "Tasks", HIGH: "TasksHigh", LOW: "TasksLow"}.items():
            pair = QueueWithDeadLetters(
                self,
                construct_id,
                handled_within=handled_within,
                key=self.key,
                alarms=self.alarms,
                dead_letters=self.dead_tasks,
            )
            self.task_queues[priority] = pair.queue
            self.alarms.waiting(pair.queue, f"{construct_id}WaitingAlarm", limit=WAITING_LIMIT[priority])
            signal = backlog(priority, pair.queue, self._dispatchers(priority))
            self.alarms.custom(self, f"{construct_id}BacklogAlarm", signal, BACKLOG_LIMIT)
        self.tasks = self.task_queues[NORMAL]
        if self.stage.alarms:
            QueueBoard(
                self,
                "Board",
                name=f"heddle-{self.stage.name}-queue",
                queues={priority: self.task_queues[priority] for priority in PRIORITIES},
                dispatchers={priority: self._dispatchers(priority) for priority in PRIORITIES},
            )

    def _dispatchers(self, priority: str) -> int:
        return max(2, int(self.stage.dispatch_concurrency * CONCURRENCY[priority]))

    def _priority_urls(self) -> str:
        return self.to_json_string({p: queue.queue_url for p, queue in self.task_queues.items() if p != NORMAL})

    def engine_environment(self, *, hosted: str = "") -> dict[str, str]:
        """Return what every function that carries a strand is told."""
        return {
            **self.data.data_environment(),
            **provider_environment(self.stage),
            "EXECUTION_EVENT_BUDGET": str(self.stage.event_budget),
            "HOSTED": hosted,
            "HTTP_ALLOWED_HOSTS": ",".join(self.stage.http_allowed_hosts),
            "SECRET_PREFIX": self.stage.secret_prefix,
        }

    def allow_strand(self, function: PythonFunction) -> None:
        """Grant what carrying a strand takes: read the plan, append events, keep claims and cache, move payloads."""
        write_table(function, self.data.events, self.data.runs)
        read_table(function, self.data.catalog)
        use_payloads(function, self.data.payloads)
        read_secrets(function, self.stage.secret_prefix)

    def _node(self, name: str, layers: tuple[str, ...]) -> PythonFunction:
        hosted = ",".join([name, *(["llm_default"] if name == default_function(self.stage) else [])])
        function = self.function(
            "".join(part.capitalize() for part in ["node", *name.split("_")]),
            f"nodes/{name}",
            layers,
            environment={
                **self.engine_environment(hosted=hosted),
                "EVENT_BUS": self.data.bus.event_bus_name,
                **self._model_environment(name),
            },
            timeout=NODE_TIME,
            memory_size=MEMORY.get(name, 512),
        )
        self.allow_strand(function)
        if name == "emit":
            publish(function, self.data.bus)
        if name == "documents":
            self.content.use_database(function)
            self.content.use_embeddings(function)
            use_documents(function, self.data.payloads)
            start_executions(function, self.content.ingest)
        if name == "parse":
            call_models(function)
            write_table(function, self.data.spend)
        if name == "code":
            function.allow(["secretsmanager:GetSecretValue"], self.data.plugin_key.secret_arn)
        if name in MODEL_FUNCTIONS:
            call_models(function)
            # Budgets, ledger and breakers; the topics of runs that somebody watches; agents that start runs.
            write_table(function, self.data.spend, self.data.realtime)
            self.allow_tasks(function)
        return function

    def _model_environment(self, name: str) -> dict[str, str]:
        if name == "documents":
            ingest = {"INGEST_STATE_MACHINE_ARN": self.content.ingest.state_machine_arn}
            return {**provider_keys(self.stage), **self.content.database_environment(), **ingest}
        if name == "parse":
            return provider_keys(self.stage)
        if name == "code":
            return {"PLUGIN_KEY_SECRET": self.data.plugin_key.secret_arn}
        if name not in MODEL_FUNCTIONS:
            return {}
        return {**self.task_environment(), **provider_keys(self.stage)}

    def _advance(self) -> PythonFunction:
        function = self.function(
            "Advance",
            "engine/advance",
            ("core", "base"),
            environment=self.engine_environment(),
            timeout=NODE_TIME,  # cheap nodes of the strand run here, a for_each over many items among them
            memory_size=1024,
        )
        self.allow_strand(function)
        return function

    def _callbacks(self) -> PythonFunction:
        function = self.function(
            "Callbacks",
            "engine/callbacks",
            ("core", "base", "api"),  # a sub-run's input is checked against its schema
            environment={**self.engine_environment(), **self.task_environment()},
            timeout=Duration.seconds(60),
        )
        self.allow_strand(function)
        self.allow_tasks(function)  # a node of type `workflow` asks for its sub-runs here
        return function

    def _let_callbacks_wake(self) -> None:
        # A callback may be settled before its token is registered. A policy of its own, as in `_allow_children`.
        policy = aws_iam.Policy(self, "CallbacksWake")
        policy.add_statements(
            aws_iam.PolicyStatement(actions=["states:SendTaskSuccess"], resources=[self.standard.state_machine_arn])
        )
        if self.callbacks.role is not None:
            policy.attach_to_role(self.callbacks.role)

    def _machine(self, variant: Variant) -> aws_stepfunctions.StateMachine:
        name = variant.capitalize()
        kinds = aws_stepfunctions.StateMachineType
        role = aws_iam.Role(self, f"{name}Role", assumed_by=aws_iam.ServicePrincipal("states.amazonaws.com"))
        called = [*self.nodes.values(), self.advance, *([self.callbacks] if variant == "standard" else [])]
        role.add_to_policy(
            aws_iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[function.function_arn for function in called]
            )
        )
        machine = aws_stepfunctions.StateMachine(
            self,
            name,
            state_machine_type=kinds.STANDARD if variant == "standard" else kinds.EXPRESS,
            definition_body=aws_stepfunctions.DefinitionBody.from_string(json.dumps(definition(variant))),
            definition_substitutions={
                "Partition": Stack.of(self).partition,
                "AdvanceFunctionArn": self.advance.function_arn,
                **({"CallbacksFunctionArn": self.callbacks.function_arn} if variant == "standard" else {}),
            },
            role=role,
            tracing_enabled=self.stage.tracing,
            logs=aws_stepfunctions.LogOptions(
                destination=log_group(self, f"{name}MachineLogs", stage=self.stage, key=self.key),
                # What a run did is in its events; the log is for defects. Data of tenants stays out of it.
                level=aws_stepfunctions.LogLevel.ERROR,
                include_execution_data=False,
            ),
        )
        self._allow_children(machine, role, name)
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "log deliveries and X-Ray segments have no resource to name",
            },
        )
        acknowledge(
            machine,
            {
                "AwsSolutions-SF1": "errors are logged; every step of a run is an event of its stream already",
                **({} if self.stage.tracing else {"AwsSolutions-SF2": "a stage without X-Ray"}),
            },
        )
        self.alarms.failed_executions(machine, "BrokenAlarm")
        return machine

    def _allow_children(self, machine: aws_stepfunctions.StateMachine, role: aws_iam.Role, name: str) -> None:
        # A policy of its own: in the role's default policy, which the machine waits for, the machine's name would
        # make the two wait for each other.
        policy = aws_iam.Policy(self, f"{name}Children")
        executions = execution_arns(self, machine)
        policy.add_statements(
            aws_iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn]),
            aws_iam.PolicyStatement(
                actions=["states:DescribeExecution", "states:StopExecution"], resources=[executions]
            ),
            aws_iam.PolicyStatement(
                actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                resources=[
                    self.format_arn(
                        service="events",
                        resource="rule",
                        resource_name="StepFunctionsGetEventsForStepFunctionsExecutionRule",
                    )
                ],
            ),
        )
        policy.attach_to_role(role)
        acknowledge(
            policy,
            {wildcard_in(executions, stack=self): "an execution is named after its run, which does not exist yet"},
        )

    def _watch_executions(self) -> None:
        # Only Standard executions tell how they ended; Express ones are watched by delayed messages.
        aws_events.Rule(
            self,
            "ExecutionDied",
            event_pattern=aws_events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [self.standard.state_machine_arn],
                    "status": ["ABORTED", "FAILED", "TIMED_OUT"],
                },
            ),
            targets=[
                aws_events_targets.SqsQueue(
                    self.tasks,
                    dead_letter_queue=self.dead_tasks,
                    max_event_age=Duration.hours(24),
                    retry_attempts=185,
                )
            ],
        )

    def _dispatch(self, timeout: Duration) -> PythonFunction:
        function = self.function(
            "DispatchRun",
            "queue/dispatch_run",
            ("core", "base"),
            environment={
                **self.engine_environment(),
                **self.task_environment(),
                "STANDARD_STATE_MACHINE_ARN": self.standard.state_machine_arn,
                "EXPRESS_STATE_MACHINE_ARN": self.express.state_machine_arn,
                "NODE_FUNCTIONS": self.node_functions,
                **self.data.limits.environment(),
            },
            timeout=timeout,
        )
        self.allow_strand(function)
        self.allow_tasks(function)
        start_executions(function, self.standard, self.express)
        watch_executions(function, self.standard)
        self.data.limits.let_read(function)
        for priority, queue in self.task_queues.items():
            function.add_event_source(
                sources.SqsEventSource(
                    queue,
                    batch_size=10,
                    max_concurrency=self._dispatchers(priority),
                    report_batch_item_failures=True,
                )
            )
        return function

    def _keep_dead_letters(self) -> None:
        function = self.function(
            "KeepDeadLetter",
            "queue/keep_dead_letter",
            ("core", "base"),
            environment=self.data.data_environment(),
            timeout=KEEPING_TIME,
        )
        write_table(function, self.data.runs)
        for queue in (self.dead_tasks, self.webhooks.given_up):
            function.add_event_source(sources.SqsEventSource(queue, batch_size=10, report_batch_item_failures=True))
