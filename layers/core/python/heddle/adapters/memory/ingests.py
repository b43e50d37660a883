"""Ingests and reembeds that somebody else carries out: what was started, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heddle.application.ports.ingests import IngestJob


@dataclass
class MemoryIngests:
    """An Ingests."""

    started: dict[str, IngestJob] = field(default_factory=dict)

    def start(self, job: IngestJob) -> None:
        self.started.setdefault(job.id, job)


@dataclass
class MemoryReembeds:
    """A Reembeds."""

    started: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def start(self, tenant: str, name: str, state: Mapping[str, Any]) -> None:
        self.started.setdefault(name, state)
