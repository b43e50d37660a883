"""Where batches are kept, their items and results, and how their work is handed on."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.domain.batches.batch import Batch, Item, ItemResult, ItemStatus
from heddle.domain.batches.progress import Progress
from heddle.records import dataclass


class BatchStore(Protocol):
    """Batches of tenants, how far they are, and what became of their items."""

    def add(self, batch: Batch, progress: Progress) -> bool:
        """Keep a new batch; False if it is there already."""
        ...

    def batch(self, tenant: str, batch_id: str) -> Batch | None:
        """Return a batch as it was asked for."""
        ...

    def batches(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[tuple[Batch, Progress]]:
        """List batches, newest first."""
        ...

    def progress(self, tenant: str, batch_id: str) -> Progress | None:
        """Return how far it is. Strongly consistent."""
        ...

    def swap(self, tenant: str, batch_id: str, progress: Progress) -> Progress | None:
        """Put this in the place of the revision before it, and return None; or return the one that is there instead.

        NotFound `batch_not_found` if there is none.
        """
        ...

    def keep(self, tenant: str, batch_id: str, result: ItemResult) -> ItemResult:
        """Keep what became of an item, and return it; or return what was kept of it before."""
        ...

    def results(self, tenant: str, batch_id: str, positions: Sequence[int]) -> Mapping[int, ItemResult]:
        """Return what became of these items, as far as they were done. Strongly consistent."""
        ...

    def results_of(
        self, tenant: str, batch_id: str, status: ItemStatus, *, limit: int, cursor: str | None = None
    ) -> Page[ItemResult]:
        """List items that ended so, by position; of the latest second some may be missing."""
        ...

    def remove(self, tenant: str, batch_id: str) -> None:
        """Forget a batch and its items; nothing happens if it is gone."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """An object of the tenant's uploads: its key, and its name below the folder that was listed."""

    object: str
    name: str


class BatchFiles(Protocol):
    """What is too large for a row, all below `{tenant}/batches/{batch}/`; it ends by itself with the batch."""

    def put(self, tenant: str, batch_id: str, name: str, data: bytes) -> str:
        """Keep JSON under a name, in the place of what was there, and return its key."""
        ...

    def get(self, tenant: str, batch_id: str, name: str) -> bytes:
        """Return it; NotFound `batch_file_not_found`."""
        ...

    def remove_all(self, tenant: str, batch_id: str) -> None:
        """Forget all files of a batch."""
        ...

    def uploads(self, tenant: str, folder: str, *, most: int) -> Sequence[Upload]:
        """List the tenant's uploads below a folder, in the order of their names, at most `most`; no empty ones."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is asked for: to list the items (lane 0), or to do the item that a lane holds.

    `attempt` of the item counts from 1, `retry` of this very task from 0. `memo` is what an operation that waits wants
    to find again.
    """

    tenant: str
    batch_id: str
    operation: str
    lane: int = 0
    position: int = 0
    attempt: int = 1
    memo: Mapping[str, Any] = field(default_factory=dict)
    retry: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as a message."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Task":
        """Return what `to_json` gave."""
        return cls(**value)


class BatchQueue(Protocol):
    """Tasks on their way to a worker, each at least once; tenants take turns."""

    def send(self, task: Task, *, delay_seconds: int = 0) -> None:
        """Hand a task to the workers of its operation, after at most 900 seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation gave: a few facts for lists, and perhaps all of it, to be kept in a file."""

    summary: Mapping[str, Any]
    full: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The operation goes on elsewhere: look again after some seconds, with this memo."""

    memo: Mapping[str, Any]
    seconds: int


class Operate(Protocol):
    """Does an operation on one item. Doing it again after a crash does no harm."""

    def __call__(self, batch: Batch, item: Item, memo: Mapping[str, Any], *, seconds: float) -> Done | Waiting:
        """Do it, within about so many seconds. Raises HeddleError, retryable if it may go well later."""
        ...
