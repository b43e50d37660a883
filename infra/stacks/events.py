"""What follows from events: the relay to the bus, read models, what goes on when a run has ended, and what is swept."""

from collections.abc import Sequence

from aws_cdk import Duration, aws_events
from constructs import Construct

from heddle.application.triggers.match_events import CUSTOM, PLATFORM, WORKFLOW
from infra.constructs.grants import (
    publish,
    read_stream,
    read_table,
    receive_messages,
    send_messages,
    stop_executions,
    use_payloads,
    wake_executions,
    write_table,
)
from infra.constructs.python_function import PythonFunction
from infra.constructs.queue_with_dead_letters import DeadLetters
from infra.constructs.rule_to_queue import RuleToQueue
from infra.constructs.stream_consumer import StreamConsumer
from infra.constructs.timer import Timer
from infra.stacks.base import HeddleStack
from infra.stacks.data import DataStack
from infra.stacks.engine import EngineStack
from infra.stages import Stage

SOURCE = "heddle"
BOOKKEEPING = ("NodeScheduled", "NodeItemsPlanned", "NodeItemsCompleted", "RunContinued")
ENDED = ["RunSucceeded", "RunFailed", "RunCancelled"]
COMMITS = {"dynamodb": {"NewImage": {"kind": {"S": ["commit"]}}}}


class EventsStack(HeddleStack):
    """Everything here can be deleted and rebuilt from the event store."""

    def __init__(self, scope: Construct, *, stage: Stage, data: DataStack, engine: EngineStack) -> None:
        super().__init__(scope, "Events", stage=stage, description="Heddle: relay, projections, ends of runs")
        self.data, self.engine = data, engine
        self.key, self.alarms = data.imported_key(self), data.alarms

        self.relay_dead_letters = DeadLetters(self, "RelayDeadLetters", key=self.key, alarms=self.alarms)
        self._relay()
        projection = self._projection()
        release = self._release()
        finish = self._finish_child()
        matching = self._match_events()
        sweeping = self._sweep_reservations()
        repairing = self._repair_schedules()
        self._redrive((sweeping, repairing), projection, release, finish, matching)
        self._rebuild()
        if stage.archive:
            aws_events.Archive(
                self,
                "Archive",
                source_event_bus=data.bus,
                event_pattern=aws_events.EventPattern(source=[SOURCE]),
                retention=Duration.days(0),  # for ever
                description=f"Every event of Heddle {stage.name}",
            )

        for name, value in {
            "ProjectRunsQueueUrl": projection.queue.queue_url,
            "ReleaseRunQueueUrl": release.queue.queue_url,
            "FinishChildQueueUrl": finish.queue.queue_url,
            "RelayDeadLettersUrl": self.relay_dead_letters.queue_url,
            "RelayFailuresUrl": self.relay.failures.queue_url,
            "ProjectRunsDeadLettersUrl": projection.dead_letters.queue_url,
            "ReleaseRunDeadLettersUrl": release.dead_letters.queue_url,
            "FinishChildDeadLettersUrl": finish.dead_letters.queue_url,
            "MatchEventsQueueUrl": matching.queue.queue_url,
            "MatchEventsDeadLettersUrl": matching.dead_letters.queue_url,
            "SweepDeadLettersUrl": sweeping.dead_letters.queue_url,
            "RepairDeadLettersUrl": repairing.dead_letters.queue_url,
        }.items():
            self.output(name, value)
        self.output_functions()

    def _relay(self) -> None:
        function = self.function(
            "PublishEvents",
            "streams/publish_events",
            ("core", "base"),
            environment={
                **self.data.data_environment(),
                "EVENT_BUS": self.data.bus.event_bus_name,
                "RELAY_DLQ_URL": self.relay_dead_letters.queue_url,
            },
            timeout=Duration.seconds(60),
        )
        publish(function, self.data.bus)
        send_messages(function, self.relay_dead_letters)
        # Written too: an event that is small when compressed may still be too large for the bus, and goes by reference.
        use_payloads(function, self.data.payloads)
        self.relay = StreamConsumer(
            self,
            "Relay",
            table=self.data.events,
            function=function,
            filters=[COMMITS],
            key=self.key,
            alarms=self.alarms,
        )

    def _match_events(self) -> RuleToQueue:
        function = self.function(
            "MatchEvents",
            "triggers/match_events",
            ("core", "base", "api"),  # a run's input is checked against its workflow's schema
            environment={**self.data.data_environment(), **self.engine.task_environment()},
            timeout=Duration.seconds(30),
        )
        write_table(function, self.data.events, self.data.runs, self.data.connections)
        read_table(function, self.data.catalog)
        use_payloads(function, self.data.payloads)
        self.engine.allow_tasks(function)
        return RuleToQueue(
            self,
            "Triggers",
            bus=self.data.bus,
            # Every event that a trigger can wait for: not the engine's own bookkeeping, of which there is most.
            pattern=aws_events.EventPattern(
                source=[PLATFORM, WORKFLOW, CUSTOM], detail_type=aws_events.Match.anything_but(*BOOKKEEPING)
            ),
            function=function,
            key=self.key,
            alarms=self.alarms,
        )

    def _redrive(self, timers: Sequence[Timer], *consumers: RuleToQueue) -> None:
        function = self.function(
            "Redrive",
            "ops/redrive",
            ("core", "base"),
            environment={
                **self.data.data_environment(),
                "EVENT_BUS": self.data.bus.event_bus_name,
                "RELAY_DLQ_URL": self.relay_dead_letters.queue_url,
            },
            timeout=Duration.minutes(15),
        )
        publish(function, self.data.bus)
        # Letters of the relay are published again; those of other consumers go back to the queue they came from.
        receive_messages(
            function,
            self.relay_dead_letters,
            self.relay.failures,
            self.engine.task_dead_letters,
            self.engine.webhooks.given_up_dead_letters,
            self.engine.content.batch_queues.dead_letters,
            *(timer.dead_letters for timer in timers),
            *(consumer.dead_letters for consumer in consumers),
        )
        targets = (self.engine.tasks, self.engine.dead_tasks, self.engine.webhooks.given_up)
        send_messages(function, *targets, self.engine.content.batch_queues.given_up)
        send_messages(function, *(consumer.queue for consumer in consumers))
        read_table(function, self.data.events)
        read_stream(function, self.data.events)
        use_payloads(function, self.data.payloads)

    def _rebuild(self) -> None:
        function = self.function(
            "RebuildRuns",
            "ops/rebuild_runs",
            ("core", "base"),
            environment=self.data.data_environment(),
            timeout=Duration.minutes(15),
        )
        read_table(function, self.data.events, self.data.catalog)
        write_table(function, self.data.runs)
        use_payloads(function, self.data.payloads, write=False)

    def _sweep_reservations(self) -> Timer:
        function = self.function(
            "SweepReservations",
            "ops/sweep_reservations",
            ("core", "base"),
            environment=self.data.data_environment(),
            timeout=Duration.seconds(50),
        )
        write_table(function, self.data.spend, self.data.events)  # a budget that is passed says so
        use_payloads(function, self.data.payloads)
        return Timer(
            self,
            "SweepTimer",
            function=function,
            every=Duration.minutes(1),
            key=self.key,
            alarms=self.alarms,
        )

    def _repair_schedules(self) -> Timer:
        function = self.function(
            "RepairSchedules",
            "ops/repair_schedules",
            ("core", "base"),
            environment={**self.data.data_environment(), **self.engine.schedules.environment()},
            timeout=Duration.minutes(15),
        )
        read_table(function, self.data.catalog)
        self.engine.schedules.let_manage(function)
        self.engine.schedules.let_look(function)
        return Timer(self, "RepairTimer", function=function, every=Duration.days(1), key=self.key, alarms=self.alarms)

    def _projection(self) -> RuleToQueue:
        function = self.function(
            "ProjectRuns",
            "projections/runs",
            ("core", "base"),
            environment=self.data.data_environment(),
            timeout=Duration.seconds(60),
        )
        read_table(function, self.data.events, self.data.catalog)
        write_table(function, self.data.runs)
        use_payloads(function, self.data.payloads, write=False)
        return RuleToQueue(
            self,
            "RunEvents",
            bus=self.data.bus,
            pattern=aws_events.EventPattern(source=[SOURCE], detail={"stream": {"type": ["run"]}}),
            function=function,
            key=self.key,
            alarms=self.alarms,
        )

    def _release(self) -> RuleToQueue:
        function = self.function(
            "ReleaseRun",
            "queue/release_run",
            ("core", "base"),
            environment={
                **self.engine.engine_environment(),
                **self.engine.task_environment(),
                "STANDARD_STATE_MACHINE_ARN": self.engine.standard.state_machine_arn,
            },
        )
        self.engine.allow_strand(function)
        self.engine.allow_tasks(function)
        # What still waits when its run has ended.
        wake_executions(function, self.engine.standard)
        stop_executions(function, self.engine.standard)
        consumer = self._when_ended("RunEnded", function)
        # A run in a long delay holds nobody up.
        delays = {"stream": {"type": ["run"]}, "data": {"kind": ["delay"]}}
        consumer.also(aws_events.EventPattern(source=[SOURCE], detail_type=["NodeWaiting"], detail=delays), "Delay")
        return consumer

    def _finish_child(self) -> RuleToQueue:
        function = self.function(
            "FinishChild", "engine/finish_child", ("core", "base"), environment=self.engine.engine_environment()
        )
        self.engine.allow_strand(function)
        wake_executions(function, self.engine.standard)
        stop_executions(function, self.engine.standard)
        return self._when_ended("ChildEnded", function)

    def _when_ended(self, construct_id: str, function: PythonFunction) -> RuleToQueue:
        return RuleToQueue(
            self,
            construct_id,
            bus=self.data.bus,
            pattern=aws_events.EventPattern(source=[SOURCE], detail_type=ENDED),
            function=function,
            key=self.key,
            alarms=self.alarms,
        )
