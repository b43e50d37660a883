"""What a live run does, into its topic: one frame per event, in the order of its history, each once.

    commit of a live run ─► table stream (only commits that are marked live) ─► frames ─► topic run:{id}

Commits of one run come in order and one at a time; one that comes again is known by the versions that are in the topic
already. Text that models write while they write it goes into the same topic from where they are asked.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import orjson

from heddle.application.ports.topics import TopicLog
from heddle.application.streams.token_stream import topic_of
from heddle.domain.events.envelope import Commit, Event
from heddle.records import dataclass

NAMES = {
    "RunRequested": "run.requested",
    "RunStarted": "run.started",
    "NodeScheduled": "node.started",
    "NodeWaiting": "node.waiting",
    "NodeItemsPlanned": "node.items",
    "NodeItemsCompleted": "node.progress",
    "NodeCompleted": "node.output",
    "NodeSkipped": "node.skipped",
    "NodeCancelled": "node.cancelled",
    "RunCancellationRequested": "run.cancelling",
    "RunCancelled": "run.cancelled",
    "RunSucceeded": "run.succeeded",
    "RunFailed": "run.failed",
    "RunResumed": "run.resumed",
}
"""Frames by type of event; `NodeFailed` is `node.retrying` or `node.failed`, and others are the engine's own affair."""

ENDS = frozenset(["run.succeeded", "run.failed", "run.cancelled"])
FRAME_BYTES = 64 * 1024
"""Values that make a frame larger are left out of it, and named: they are in the run's history."""
_LEFT_OUT = ("items", "results")
_PAGE = 500


class Positions(Protocol):
    """How far the events of a run are in its topic."""

    def get(self, tenant: str, run_id: str) -> tuple[int, int]:
        """Return the version of the last event that is in the topic, and the number of its frame; (0, 0) at first."""
        ...

    def put(self, tenant: str, run_id: str, version: int, seq: int) -> None:
        """Keep both; an older version never replaces a newer one."""
        ...


@dataclass(frozen=True, slots=True)
class PublishRun:
    """Adds the events of commits to topics."""

    topics: TopicLog
    positions: Positions

    def __call__(self, commit: Commit) -> int:
        """Add what is not there yet; returns how many frames. UpstreamUnavailable: to be tried again, as a whole."""
        tenant, run_id = commit.stream.tenant, commit.stream.id
        topic = topic_of(run_id)
        version, seq = self.positions.get(tenant, run_id)
        if commit.events[-1].version <= version:
            return 0
        version = max(version, self._versions_behind(tenant, topic, seq))
        frames = [frame for event in commit.events if event.version > version and (frame := frame_of(event))]
        if frames:
            seq = self.topics.append(tenant, topic, frames, at=commit.recorded_at.isoformat())
        self.positions.put(tenant, run_id, commit.events[-1].version, seq)
        return len(frames)

    def _versions_behind(self, tenant: str, topic: str, seq: int) -> int:
        """Return the newest version behind that frame: a crash came between the frames and the position."""
        newest = 0
        while page := self.topics.read(tenant, topic, after=seq, limit=_PAGE):
            newest = max([newest, *(int(entry.data.get("version", 0)) for entry in page)])
            seq = page[-1].seq
        return newest


def frame_of(event: Event) -> tuple[str, dict[str, Any]] | None:
    """Return the frame of an event, None if it has none."""
    name = NAMES.get(event.type)
    if event.type == "NodeFailed":
        name = "node.retrying" if event.data.get("retry_in") is not None else "node.failed"
    if name is None:
        return None
    data = {key: value for key, value in event.data.items() if key not in _LEFT_OUT}
    about = {"event_type": event.type, "version": event.version}
    return name, {**about, **_small(data)}


def _small(data: dict[str, Any]) -> dict[str, Any]:
    if len(orjson.dumps(data)) <= FRAME_BYTES:
        return data
    large = _largest(data)
    return _small({**{key: value for key, value in data.items() if key != large}, "left_out": [*_out(data), large]})


def _largest(data: dict[str, Any]) -> str:
    return max((key for key in data if key != "left_out"), key=lambda key: len(orjson.dumps(data[key])))


def _out(data: dict[str, Any]) -> Sequence[str]:
    out: Sequence[str] = data.get("left_out", ())
    return out
