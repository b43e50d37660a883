"""Make the read model of runs anew from the event store: after a change of the projection, or a lost table."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from heddle.application.ports.catalog import CatalogStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.runs import NodeRecord, RunStore, RunSummary
from heddle.application.projections.project_run import ProjectRun
from heddle.application.projections.runs import node_of, project
from heddle.domain.events.envelope import StreamId
from heddle.errors import Conflict

ATTEMPTS = 5


@dataclass(frozen=True)
class Rebuilt:
    """How many runs were rebuilt, and where to go on: how many streams to skip next time, None when all are done."""

    runs: int
    next: int | None = None


@dataclass(frozen=True)
class RebuildRuns:
    """Fold histories from their first event and overwrite the rows; runs may go on meanwhile."""

    runs: RunStore
    events: EventStore
    catalog: CatalogStore

    def run(self, tenant: str, run_id: str) -> bool:
        """Rebuild one run; False if there is no such run.

        Raises Conflict with code `projection_busy` if the run's rows change faster than they can be rebuilt.
        """
        stream = StreamId(tenant, "run", run_id)
        projection = ProjectRun(self.runs, self.events, self.catalog)
        for _ in range(ATTEMPTS):
            position = self.runs.position(tenant, run_id)
            history = self.events.read(stream)
            if not history.events:
                return False
            summary: RunSummary | None = None
            records: dict[str, NodeRecord] = {}
            for event in history.events:
                node_id = node_of(event)
                summary, record = project(summary, records.get(node_id) if node_id is not None else None, event)
                if record is not None:
                    records[record.node_id] = record
            if summary is None:
                return False
            summary = projection.with_total(summary)
            if self.runs.apply(summary, list(records.values()), expected_position=position):
                return True
        raise Conflict("the run's rows change faster than they are rebuilt", code="projection_busy", retryable=True)

    def tenant(self, tenant: str, *, skip: int = 0, in_time: Callable[[], bool] = lambda: True) -> Rebuilt:
        """Rebuild the runs of a tenant, except the first `skip` streams, for as long as `in_time` says yes.

        Streams are never forgotten and keep their order, so whoever goes on where the last call ended misses none; one
        that began meanwhile may come twice, which changes nothing.
        """
        done = 0
        for number, stream in enumerate(islice(self.events.streams(tenant, "run"), skip, None), skip):
            if not in_time():
                return Rebuilt(done, number)
            done += self.run(tenant, stream.id)
        return Rebuilt(done)
